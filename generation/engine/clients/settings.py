"""What the HTTP clients share: the parameters of one call. Pure; knows no SDK."""

from __future__ import annotations

from typing import Any

from generation.engine.clients.ports import Question
from generation.engine.contracts import TeacherSpec

# What the engine sets itself, or what would let a parameter reach beyond the body of the call.
RESERVED = frozenset(
    {"model", "messages", "system", "stream", "n", "max_tokens", "extra_headers", "extra_query", "extra_body"}
)
REPEAT_STEP = 0.15


def body_parameters(
    teacher: TeacherSpec, question: Question, *, length_name: str, hottest: float = 1.5
) -> dict[str, Any]:
    """The teacher's parameters as members of the request body.

    A record's second and later drafts are asked for a little hotter, if a temperature is set at all: models that take
    none refuse to be given one. What the order itself wants comes before that.
    """
    body = {key: value for key, value in teacher.parameters.items() if key not in RESERVED}
    temperature = body.get("temperature")
    if question.temperature is not None:
        body["temperature"] = question.temperature
    elif isinstance(temperature, (int, float)) and question.repeat:
        warmer = temperature + REPEAT_STEP * question.repeat
        body["temperature"] = round(max(temperature, min(warmer, hottest)), 3)
    body[length_name] = teacher.max_tokens
    return body
