"""Erasing what was written about a person."""
