"""The verbs of jobs; the only writers of their rows."""
