"""The shapes of a task's input and output: named fields with type, length and role.

Pure Python on pydantic. It does not know the database, the web, or how a prompt is worded.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
SlotName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
SLOT = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
# Most text that comes is tidy already, and is read many times: two quick searches tell.
_UNTIDY = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029]")
# Looked for from its end: the search leaps from one line end to the next.
_BLANK_BEFORE_LINE_END = re.compile(r"\n(?<=[^\S\n]\n)")
_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")

Facts = dict[str, Any]
Fields = dict[str, Any]


class Strict(BaseModel):
    """A model that refuses keys it does not know, so that a typo is an error and not a silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class InputField(Strict):
    """One fact a record may bring."""

    name: FieldName
    type: Literal["text", "number", "date", "url", "boolean", "list"] = "text"
    role: Literal["", "group", "title", "domain"] = ""
    required: bool = False
    description: str = ""


class OutputItem(Strict):
    """One part of each element of a list field, such as the quote of a claim."""

    name: FieldName
    description: str = ""
    max_chars: int | None = Field(None, ge=1)


class OutputField(Strict):
    """One field the miniature writes."""

    name: FieldName
    type: Literal["text", "list"] = "text"
    role: Literal["", "subject", "body", "claims"] = ""
    description: str = ""
    required: bool = True
    min_words: int | None = Field(None, ge=0)
    max_words: int | None = Field(None, ge=1)
    max_chars: int | None = Field(None, ge=1)
    items: tuple[OutputItem, ...] = ()

    @model_validator(mode="after")
    def _items_fit_type(self) -> OutputField:
        if (self.type == "list") != bool(self.items):
            raise ValueError(f"field '{self.name}': a list names its items, a text has none")
        if self.min_words is not None and self.max_words is not None and self.min_words > self.max_words:
            raise ValueError(f"field '{self.name}': min_words {self.min_words} is above max_words {self.max_words}")
        return self


def unique_names(fields: tuple[InputField, ...] | tuple[OutputField, ...], what: str) -> None:
    """Refuse a schema that names a field twice or names none.

    Raises:
        ValueError: Naming the field.
    """
    if not fields:
        raise ValueError(f"the {what} schema names no field; add at least one")
    seen: set[str] = set()
    for field in fields:
        if field.name in seen:
            raise ValueError(f"the {what} schema names '{field.name}' twice")
        seen.add(field.name)


def normalise_text(value: str) -> str:
    """One line ending, no control characters but tab and newline, no blanks at line ends or around the text."""
    if _is_tidy(value):
        return value
    text = _CONTROLS.sub("", _LINE_ENDS.sub("\n", value))
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n ").strip()


def _is_tidy(text: str) -> bool:
    at_an_end = text[:1].isspace() or text[-1:].isspace()
    return not (at_an_end or _UNTIDY.search(text) or _BLANK_BEFORE_LINE_END.search(text))


def normalise_fields(schema: tuple[OutputField, ...], fields: Fields) -> Fields:
    """Bring the fields of a draft into schema order and normal form.

    Returns:
        A new dict with exactly the schema's fields; a missing optional text is "".

    Raises:
        ValueError: A required field is missing or empty, a field is unknown, or a value has the wrong type.
    """
    if unknown := fields.keys() - {field.name for field in schema}:
        names = ", ".join(field.name for field in schema)
        raise ValueError(f"unknown field '{min(unknown)}'; the task knows {names}")
    return {field.name: _normalise_value(field, fields.get(field.name)) for field in schema}


def _normalise_value(field: OutputField, value: object) -> Any:
    if field.type == "list":
        return _normalise_list(field, value)
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise ValueError(f"field '{field.name}' is {type(value).__name__}, expected text")
    text = normalise_text(value)
    if field.role == "subject":
        text = " ".join(text.split())
    if field.required and not text:
        raise ValueError(f"field '{field.name}' is empty; it is required")
    return text


def _normalise_list(field: OutputField, value: object) -> list[dict[str, str]]:
    if value in (None, ""):
        value = []
    if not isinstance(value, list):
        raise ValueError(f"field '{field.name}' is {type(value).__name__}, expected a list")
    if field.required and not value:
        raise ValueError(f"field '{field.name}' is empty; it is required")
    names = [item.name for item in field.items]
    rows = []
    for index, element in enumerate(value, 1):
        if not isinstance(element, dict):
            raise ValueError(f"field '{field.name}', element {index}: expected an object with {', '.join(names)}")
        extra = sorted(set(element) - set(names))
        if extra:
            raise ValueError(f"field '{field.name}', element {index}: unknown part '{extra[0]}'")
        rows.append({name: normalise_text(str(element.get(name) or "")) for name in names})
    return rows


def word_count(fields: Fields) -> int:
    """Words of all texts of a draft, cut at blanks; what a reader has to read."""
    count = 0
    for value in fields.values():
        if isinstance(value, list):
            count += sum(len(str(text).split()) for item in value for text in item.values())
        else:
            count += len(str(value).split())
    return count
