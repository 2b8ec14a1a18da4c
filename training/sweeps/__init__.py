"""Sweeps: a grid of runs under one budget, ranked by their loss on validation rows."""
