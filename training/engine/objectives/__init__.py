"""What a run makes better, one objective a module: imitation, preferences between pairs, verdicts, another's scores."""
