"""Chooses the wire format and the client of a provider. An SDK is imported only when its provider is asked."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from generation.engine.clients.chat_completions import ChatCompletions
from generation.engine.clients.interface import Client
from generation.engine.clients.messages import Messages
from generation.engine.contracts import Limits, TeacherSpec
from generation.engine.structured.answers import JsonAnswers
from generation.engine.structured.policy import answers_in_json
from review.spec.prompting import Message
from review.spec.task_spec import TaskSpec


@dataclass(frozen=True)
class Dialect:
    """Names that an OpenAI-compatible server has for the longest answer and the seed; empty for what it refuses."""

    length_name: str = "max_tokens"
    seed_name: str = "seed"


# By the end of the host's name; see docs/providers.md.
DIALECTS = {
    ".openai.azure.com": Dialect(length_name="max_completion_tokens"),
    "api.mistral.ai": Dialect(seed_name="random_seed"),
    "generativelanguage.googleapis.com": Dialect(seed_name=""),
}


def open_form(
    teacher: TeacherSpec, *, task: TaskSpec, sample: Sequence[list[Message]] = ()
) -> ChatCompletions | Messages:
    """Return the form in which this teacher's provider writes questions and answers.

    Args:
        sample: Some prompts of the order, to see what they share; see `prompt_prefix.spread_sample`. The same in every
            attempt.

    Raises:
        ValueError: The teacher speaks over no wire, or lacks an address.
    """
    if teacher.provider == "offline":
        raise ValueError("the offline teacher speaks over no wire")
    answers = JsonAnswers(task) if answers_in_json(teacher, task) else None
    if teacher.provider == "anthropic":
        return Messages(teacher, answers=answers, sample=sample)
    if teacher.provider == "openai":
        return ChatCompletions(
            teacher, length_name="max_completion_tokens", answers=answers, sample=sample, has_cache_key=True
        )
    if not teacher.base_url:
        raise ValueError("an OpenAI-compatible teacher needs a base URL")
    host = urlsplit(teacher.base_url).hostname or ""
    dialect = next((words for end, words in DIALECTS.items() if host.endswith(end)), Dialect())
    return ChatCompletions(
        teacher, length_name=dialect.length_name, seed_name=dialect.seed_name, answers=answers, sample=sample
    )


def open_client(
    teacher: TeacherSpec,
    *,
    task: TaskSpec,
    key: str,
    limits: Limits,
    sample: Sequence[list[Message]] = (),
    local: str = "",
) -> Client:
    """A client for the teacher; arguments as for `open_form`, and `local` as for `open_local`.

    Raises:
        ImportError: The provider's SDK is not installed on this host.
        ValueError: The teacher is incomplete.
    """
    if teacher.provider == "offline":
        return open_local(local, teacher, task)
    form = open_form(teacher, task=task, sample=sample)
    if isinstance(form, Messages):
        from generation.engine.clients.anthropic import AnthropicClient

        return AnthropicClient(teacher, key, limits, form=form)
    from generation.engine.clients.openai import OpenAIClient

    return OpenAIClient(teacher, key, limits, form=form)


def open_local(name: str, teacher: TeacherSpec, task: TaskSpec) -> Client:
    """A client that answers in this process, without a network.

    Args:
        name: Where it is, as `module:Class`; see `GenerationSpec.local_clients`.

    Raises:
        ValueError: No client is named.
    """
    if not name:
        raise ValueError("this run's spec names no client for the offline teacher (local_clients)")
    opened: Callable[[TeacherSpec, TaskSpec], Client] = pkgutil.resolve_name(name)
    return opened(teacher, task)
