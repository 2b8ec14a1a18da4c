"""The verbs of the members room."""
