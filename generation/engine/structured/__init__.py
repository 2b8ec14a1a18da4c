"""Answers as JSON by the task's output schema, for providers that hold a model to one. Pure; knows no network."""

from generation.engine.structured.answers import JsonAnswers, Reading
from generation.engine.structured.choice import answers_in_json, paid_for, words_beside

__all__ = ["JsonAnswers", "Reading", "answers_in_json", "paid_for", "words_beside"]
