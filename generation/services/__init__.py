"""The verbs of generation; the only writers of its rows."""
