"""Demo student: its pre-training text, its training script and its weights."""
