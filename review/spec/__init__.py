"""The specification of a task: its schemas, prompts and splits. Pure Python."""
