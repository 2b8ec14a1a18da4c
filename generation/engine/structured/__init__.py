"""Answers as JSON by the task's output schema, for providers that hold a model to one. Pure; knows no network."""

from generation.engine.structured.answers import JsonAnswers, ParsedJson
from generation.engine.structured.policy import answers_in_json, paid_messages, schema_words

__all__ = ["JsonAnswers", "ParsedJson", "answers_in_json", "paid_messages", "schema_words"]
