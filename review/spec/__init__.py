"""Specification of a task: its schemas, prompts and splits. Pure Python."""
