"""The demo student: its pre-training text, the script that trains it, and its weights."""
