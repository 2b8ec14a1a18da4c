"""Verbs of experiments: register one before its campaign starts, and record a look at it."""
