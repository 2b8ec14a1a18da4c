"""Template tags of the members room."""
