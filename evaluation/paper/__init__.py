"""Reproduction of the paper: one order of studies and evaluations within one budget, and its report."""
