"""Verbs of sweeps: order one, carry it on, keep its best run."""
