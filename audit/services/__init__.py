"""Verbs of the trail: recording an act, and sealing a day."""
