"""Parts that the wire formats share: the parameters of one call, and answers held to a schema. Pure; knows no SDK."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from generation.engine.clients.interface import Question, Reply
from generation.engine.contracts import TeacherSpec
from generation.engine.structured.answers import JsonAnswers

# What the engine sets itself, or what would let a parameter reach beyond the body of the call.
OWN_PARAMETERS = frozenset(
    {
        "model",
        "messages",
        "system",
        "cache_control",
        "stream",
        "stream_options",
        "n",
        "extra_headers",
        "extra_query",
        "extra_body",
    }
)
# Other servers' names of `max_tokens`, which alone the worst case of a call is priced with.
LENGTH_PARAMETERS = frozenset({"max_completion_tokens", "max_output_tokens", "max_tokens_to_sample", "max_new_tokens"})
# What is paid beside the tokens of prompt and answer, or at another price: several answers of which one is kept, tools,
# searches, code, sound, guesses that are paid when they are wrong, quicker answers, another model's.
COSTLY_PARAMETERS = frozenset(
    {
        "best_of",
        "tools",
        "tool_choice",
        "functions",
        "function_call",
        "web_search_options",
        "search_parameters",
        "plugins",
        "models",
        "mcp_servers",
        "container",
        "modalities",
        "audio",
        "prediction",
        "speed",
    }
)
RESERVED = OWN_PARAMETERS | LENGTH_PARAMETERS | COSTLY_PARAMETERS | {"max_tokens"}
REPEAT_STEP = 0.15


def dearer_than_listed(parameters: Mapping[str, Any]) -> str:
    """Describe a parameter with which calls cost more than the price table says; empty where none does."""
    if (tier := parameters.get("service_tier")) in ("priority", "fast"):
        return f"Calls of the service tier '{tier}' cost more than the price table says."
    if (place := parameters.get("inference_geo", "global")) != "global":
        return f"Calls kept in one region ('{place}') cost more than the price table says."
    cache = parameters.get("prompt_cache_options")
    if isinstance(cache, Mapping) and (kept := cache.get("ttl", "30m")) != "30m":
        return f"Prompts cached for longer ('{kept}') cost more than the price table says."
    return ""


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


def read_by_schema(answers: JsonAnswers | None, reply: Reply) -> Reply:
    """A complete answer in JSON as the task's own text, with what is wrong with it; any other as it is."""
    if answers is None or reply.finish != "complete" or not reply.text.strip():
        return reply
    reading = answers.read(reply.text)
    if not reading.flaws:
        return replace(reply, text=reading.text)
    unreadable = "" if reading.is_usable else f"malformed: {' '.join(reading.flaws)}"
    return replace(reply, text=reading.text, said=reply.text, flaws=reading.flaws, unreadable=unreadable)
