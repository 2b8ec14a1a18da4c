"""Verbs of the training room: the only writers."""
