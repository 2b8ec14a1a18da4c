"""An experiment from what was registered to what it has shown: wording, columns and sums. Pure Python.

The statistics are `stats.experiments`; here is what surrounds them: who counts from when, and in which order.
"""
