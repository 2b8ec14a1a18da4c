"""Chooses the batches of a provider. An SDK is imported only when its provider is asked."""

from __future__ import annotations

from collections.abc import Mapping

from generation.engine.batches.interface import BatchProvider
from generation.engine.clients import open_client
from generation.engine.contracts import GenerationSpec, Limits, TeacherSpec
from review.spec.task_spec import TaskSpec

TAKES_BATCHES = frozenset({"openai", "anthropic"})


def open_batches(spec: GenerationSpec, *, secrets: Mapping[str, str]) -> dict[int, BatchProvider]:
    """Batches of every teacher of the order that takes them, by its place in the mix; none for an order asked live.

    Raises:
        ImportError: A provider's SDK is not installed on this host.
        ValueError: A teacher is incomplete.
    """
    if spec.way == "live" and not spec.batches:
        return {}
    task = TaskSpec.model_validate(spec.task)
    return {
        place: _open_provider(teacher, task=task, key=secrets.get(teacher.secret_ref, ""), limits=spec.limits)
        for place, teacher in enumerate(spec.teachers)
        if teacher.provider in TAKES_BATCHES
    }


def _open_provider(teacher: TeacherSpec, *, task: TaskSpec, key: str, limits: Limits) -> BatchProvider:
    # One connection pool is enough. Prompts go unmarked for the cache: nobody says when a batch's calls run, and marks
    # that are written and never read cost more than they save.
    client = open_client(teacher, task=task, key=key, limits=limits.model_copy(update={"concurrency": 1}))
    if teacher.provider == "anthropic":
        from generation.engine.batches.anthropic import AnthropicBatches
        from generation.engine.clients.anthropic import AnthropicClient

        assert isinstance(client, AnthropicClient)
        return AnthropicBatches(client)
    from generation.engine.batches.openai import OpenAIBatches
    from generation.engine.clients.openai import OpenAIClient

    assert isinstance(client, OpenAIClient)
    return OpenAIBatches(client)
