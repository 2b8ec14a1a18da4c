"""Servers that speak OpenAI's chat completions: vLLM, Ollama, our own miniatures. Knows only where they differ."""

from __future__ import annotations

from generation.engine.clients.openai import OpenAIClient
from generation.engine.contracts import Limits, TeacherSpec


def compatible_client(teacher: TeacherSpec, key: str, limits: Limits) -> OpenAIClient:
    """A client for a server of one's own.

    Raises:
        ValueError: The teacher has no address.
    """
    if not teacher.base_url:
        raise ValueError("an OpenAI-compatible teacher needs a base URL")
    return OpenAIClient(teacher, key, limits, length_name="max_tokens")
