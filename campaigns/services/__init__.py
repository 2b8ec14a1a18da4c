"""Verbs of the campaigns room, the only writers of its rows."""
