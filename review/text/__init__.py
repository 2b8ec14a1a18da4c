"""Analyses of texts alone: checks, grounding, search, near-duplicates, personal data, edits. Pure Python."""
