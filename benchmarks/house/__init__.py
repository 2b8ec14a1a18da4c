"""Counts of the code: its size, its surfaces, its English, and what one act enters."""
