"""The verbs of the serving room; the only writers of its rows."""
