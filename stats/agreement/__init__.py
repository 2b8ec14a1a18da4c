"""How far people who judge the same things agree, beyond what chance alone would bring.

Pure arithmetic on numpy: it knows units, raters and values, and nothing of drafts, members or pages.
"""
