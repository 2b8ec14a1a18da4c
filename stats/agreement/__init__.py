"""Agreement among people who judge the same things, beyond chance.

Pure arithmetic on numpy: it knows units, raters and values, and nothing of drafts, members or pages.
"""
