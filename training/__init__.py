"""Students, recipes, runs and the miniatures they become."""
