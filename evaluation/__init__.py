"""Measure a miniature on records nobody trained on."""
