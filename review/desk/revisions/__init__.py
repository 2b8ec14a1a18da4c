"""Drafts that a teacher is asked to write again."""
