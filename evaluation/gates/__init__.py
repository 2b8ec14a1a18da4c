"""The gate of a task: named rules that a miniature has to pass before it is promoted."""
