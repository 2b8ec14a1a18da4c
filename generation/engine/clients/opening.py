"""Chooses the client of a provider. An SDK is imported only when its provider is asked."""

from __future__ import annotations

from generation.engine.clients.ports import Client
from generation.engine.contracts import Limits, TeacherSpec
from review.spec import TaskSpec


def open_client(teacher: TeacherSpec, *, task: TaskSpec, key: str, limits: Limits) -> Client:
    """A client for the teacher.

    Raises:
        ImportError: The provider's SDK is not installed on this host.
        ValueError: The teacher is incomplete.
    """
    if teacher.provider == "offline":
        from generation.engine.clients.offline import OfflineClient

        return OfflineClient(teacher, task)
    if teacher.provider == "anthropic":
        from generation.engine.clients.anthropic import AnthropicClient

        return AnthropicClient(teacher, key, limits)
    if teacher.provider == "openai-compatible":
        from generation.engine.clients.openai_compatible import compatible_client

        return compatible_client(teacher, key, limits)
    from generation.engine.clients.openai import OpenAIClient

    return OpenAIClient(teacher, key, limits, length_name="max_completion_tokens")
