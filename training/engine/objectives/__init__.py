"""Objectives of a run, one a module: imitation, preferences between pairs, verdicts, another's scores."""
