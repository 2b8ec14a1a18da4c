"""Choice between answers in JSON and in text. Pure; what it knows of models is from public release notes."""

from __future__ import annotations

from urllib.parse import urlsplit

from generation.engine.contracts import TeacherSpec
from generation.engine.structured.answers import JsonAnswers
from review.spec.output_format import is_plain
from review.spec.prompting import Message
from review.spec.task_spec import TaskSpec

HOSTS = {"openai": "api.openai.com", "anthropic": "api.anthropic.com"}
# Models from before their provider's strict schemas, by the beginnings of their names.
MODELS_WITHOUT_SCHEMAS = {
    "openai": ("gpt-3.5", "gpt-4-", "gpt-4o-2024-05-13", "chatgpt-", "o1-mini", "o1-preview"),
    "anthropic": (
        "claude-instant",
        "claude-2",
        "claude-3",
        "claude-opus-4-0",
        "claude-opus-4-2025",
        "claude-sonnet-4-0",
        "claude-sonnet-4-2025",
    ),
}


def answers_in_json(teacher: TeacherSpec, task: TaskSpec) -> bool:
    """Decide by the teacher's setting; with `auto`, JSON where the provider offers it and the output is not one text.

    A student is asked as it was tuned, in text, whatever is set.
    """
    if teacher.answers == "text" or teacher.audience == "student" or teacher.provider == "offline":
        return False
    if teacher.answers == "json":
        return True
    return _is_offered(teacher) and not _sets_its_own(teacher) and not is_plain(task.output_schema)


def schema_words(teacher: TeacherSpec, task: TaskSpec) -> str:
    """Return what goes out with each call beside the rendered prompt, such as a schema: it is paid for too."""
    return JsonAnswers(task).overhead if answers_in_json(teacher, task) else ""


def paid_messages(teacher: TeacherSpec, task: TaskSpec, messages: list[Message]) -> list[Message]:
    """Return what a call sends and pays for: its messages, and what goes out beside them."""
    addition = schema_words(teacher, task)
    return [*messages, {"role": "system", "content": addition}] if addition else messages


def _is_offered(teacher: TeacherSpec) -> bool:
    host, called = HOSTS.get(teacher.provider), urlsplit(teacher.base_url).hostname
    # A region's address is its provider's own: eu.api.openai.com.
    if host is None or (teacher.base_url and not f".{called}".endswith(f".{host}")):
        return False
    return teacher.model != "gpt-4" and not teacher.model.startswith(MODELS_WITHOUT_SCHEMAS[teacher.provider])


def _sets_its_own(teacher: TeacherSpec) -> bool:
    config = teacher.parameters.get("output_config")
    return "response_format" in teacher.parameters or (isinstance(config, dict) and "format" in config)
