"""Chooses the wire format and the client of a provider. An SDK is imported only when its provider is asked."""

from __future__ import annotations

from generation.engine.clients.chat_completions import ChatCompletions
from generation.engine.clients.messages import Messages
from generation.engine.clients.ports import Client
from generation.engine.contracts import Limits, TeacherSpec
from review.spec import TaskSpec


def open_form(teacher: TeacherSpec, *, task: TaskSpec) -> ChatCompletions | Messages:
    """How this teacher's provider writes questions and answers.

    Raises:
        ValueError: The teacher speaks over no wire.
    """
    if teacher.provider == "offline":
        raise ValueError("the offline teacher speaks over no wire")
    if teacher.provider == "anthropic":
        return Messages(teacher)
    if teacher.provider == "openai":
        return ChatCompletions(teacher, length_name="max_completion_tokens")
    if not teacher.base_url:
        raise ValueError("an OpenAI-compatible teacher needs a base URL")
    return ChatCompletions(teacher, length_name="max_tokens")


def open_client(teacher: TeacherSpec, *, task: TaskSpec, key: str, limits: Limits) -> Client:
    """A client for the teacher.

    Raises:
        ImportError: The provider's SDK is not installed on this host.
        ValueError: The teacher is incomplete.
    """
    if teacher.provider == "offline":
        from generation.engine.clients.offline import OfflineClient

        return OfflineClient(teacher, task)
    form = open_form(teacher, task=task)
    if isinstance(form, Messages):
        from generation.engine.clients.anthropic import AnthropicClient

        return AnthropicClient(teacher, key, limits, form=form)
    from generation.engine.clients.openai import OpenAIClient

    return OpenAIClient(teacher, key, limits, form=form)
