"""Sweeps without rows: the grid, its budget, the ranking. Pure Python; knows neither jobs nor pages."""
