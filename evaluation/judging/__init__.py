"""Judges' verdicts on the answers that an evaluation scored."""
