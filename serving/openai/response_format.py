"""Form of a chat completion's answer: its task's own grammar, none, any JSON object, or a schema.

Pure; the engine reads the schema. A task of prose has no grammar, so that its answers are free by default too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, Literal

from serving.openai.errors import ApiError

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SCHEMA_PARTS: Final = ("name", "description", "schema", "strict")


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
        raise _wrong(GRAMMAR_HEADER, "must be 'task' (the default) or 'off'")
    if value is None:
        return without
    if not isinstance(value, dict):
        raise _wrong("response_format", "must be an object with a type")
    kind = value.get("type")
    if kind not in ("text", "json_object", "json_schema"):
        raise _wrong("response_format.type", "must be text, json_object or json_schema")
    for name in value:
        if name != "type" and not (kind == "json_schema" and name == "json_schema"):
            raise _wrong(f"response_format.{name[:80]}", f"is not known for the type {kind}")
    if kind == "text":
        return without
    return AnswerForm(kind, _schema(value.get("json_schema")) if kind == "json_schema" else None)


def _schema(value: object) -> dict[str, Any]:
    place = "response_format.json_schema"
    if not isinstance(value, dict):
        raise _wrong(place, "must be an object with name and schema")
    for name in value:
        if name not in _SCHEMA_PARTS:
            raise _wrong(f"{place}.{name[:80]}", "is not known")
    if not isinstance(value.get("name"), str) or not _NAME.fullmatch(value["name"]):
        raise _wrong(f"{place}.name", "must be 1 to 64 letters, digits, _ or -")
    if value.get("strict") is not None and not isinstance(value["strict"], bool):
        raise _wrong(f"{place}.strict", "must be true or false")
    if not isinstance(value.get("description", ""), str):
        raise _wrong(f"{place}.description", "must be a text")
    schema = value.get("schema")
    if not isinstance(schema, dict):
        raise _wrong(f"{place}.schema", "must be a JSON Schema object")
    return schema


def _wrong(name: str, says: str) -> ApiError:
    return ApiError(400, f"'{name}' {says}.", code="invalid_value", param=name)
