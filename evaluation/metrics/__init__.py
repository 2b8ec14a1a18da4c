"""Scores of what models write. Pure Python: numbers in, numbers out; knows no model, row or page."""
