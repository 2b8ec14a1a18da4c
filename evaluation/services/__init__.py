"""Verbs of this room: order an evaluation, lay what its engine reads, keep what it found."""
