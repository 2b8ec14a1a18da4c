"""Is this text supported by this passage? One answer for the desk, evaluations, campaigns and `manage.py check_claims`.

Pure Python. The rules answer at once and need nothing; a model can stand behind the same port.
"""
