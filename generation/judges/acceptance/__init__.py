"""Acceptance without a person: what a judge is sure of and experts' verdicts bear out."""
