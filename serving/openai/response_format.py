"""Form of a chat completion's answer: its task's own grammar, none, any JSON object, or a schema.

Pure; the engine reads the schema. A task of prose has no grammar, so that its answers are free by default too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, Literal

from serving.openai import values

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SCHEMA_PARTS: Final = ("name", "description", "schema", "strict")
_PARTS: Final = {"text": (), "json_object": ("schema",), "json_schema": ("json_schema", "schema")}


@dataclass(frozen=True)
class AnswerForm:
    """Form that an answer is held to; `task` is what the miniature's own task asks for."""

    kind: Literal["text", "task", "json_object", "json_schema"]
    schema: dict[str, Any] | None = None

    def as_ask(self) -> dict[str, Any]:
        if self.kind == "text":
            return {}
        return {"form": self.kind} | ({} if self.schema is None else {"answer_schema": self.schema})


FREE: Final = AnswerForm("text")
OF_TASK: Final = AnswerForm("task")
# The header that says whether answers without a `response_format` are held to their task's own grammar.
GRAMMAR_HEADER: Final = "X-Miniatures-Grammar"
_WITHOUT_FORMAT: Final = {"": OF_TASK, "task": OF_TASK, "off": FREE}


def answer_form(value: object, *, header: str = "") -> AnswerForm:
    """Read the option `response_format`, or what stands in for it.

    Args:
        value: The option; None and `text` ask for no format.
        header: What `GRAMMAR_HEADER` says.

    Raises:
        ApiError: 400; names the part and what it may be. Whether the schema can be held to is the engine's to say.
    """
    if (without := _WITHOUT_FORMAT.get(header.strip().lower())) is None:
        raise values.wrong(GRAMMAR_HEADER, "must be 'task' (the default) or 'off'")
    if value is None:
        return without
    if not isinstance(value, dict):
        raise values.wrong("response_format", "must be an object with a type")
    kind = value.get("type")
    if kind not in ("text", "json_object", "json_schema"):
        raise values.wrong("response_format.type", "must be one of text, json_object, json_schema")
    parts = {name: part for name, part in value.items() if name != "type" and part is not None}
    for name in parts:
        if name not in _PARTS[kind]:
            raise values.wrong(f"response_format.{name[:80]}", f"is not known for the type {kind}")
    if kind == "text":
        return without
    if "schema" in parts:
        # As llama.cpp takes a schema, also beside the type json_object.
        return AnswerForm("json_schema", _schema(parts["schema"], "response_format.schema"))
    return AnswerForm(kind, _named_schema(parts.get("json_schema")) if kind == "json_schema" else None)


def _named_schema(value: object) -> dict[str, Any]:
    place = "response_format.json_schema"
    if not isinstance(value, dict):
        raise values.wrong(place, "must be an object with name and schema")
    parts = {name: part for name, part in value.items() if part is not None}
    for name in parts:
        if name not in _SCHEMA_PARTS:
            raise values.wrong(f"{place}.{name[:80]}", "is not known")
    if not isinstance(parts.get("name"), str) or not _NAME.fullmatch(parts["name"]):
        raise values.wrong(f"{place}.name", "must be 1 to 64 letters, digits, _ or -")
    if not isinstance(parts.get("strict", False), bool):
        raise values.wrong(f"{place}.strict", "must be true or false")
    if not isinstance(parts.get("description", ""), str):
        raise values.wrong(f"{place}.description", "must be a text")
    return _schema(parts.get("schema"), f"{place}.schema")


def _schema(value: object, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise values.wrong(place, "must be a JSON Schema object")
    return value
