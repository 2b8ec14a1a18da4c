"""Studies: what one asks, how its cells answer it, and the verdict they come to."""
