"""Selections of golds, their frozen versions, and what is exported of them."""
