"""Suites: frozen lists of held-out cases that an evaluation can be of."""
