"""Judges: a teacher reads texts by the task's rubric, and what it says is corrected by experts' verdicts."""
