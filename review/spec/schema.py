"""The shapes of a task's input and output: named fields with type, length and role.

Pure Python on pydantic. It does not know the database, the web, or how a prompt is worded.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

import regex
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
SlotName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
# Signs of a default text that only another tool's filters, quotation marks and marks hold: no words for a reader.
_NO_WORDS = r"{}|<>\[\]()\"\u201c\u201d\u201e\u00ab\u00bb=:%*#$@\\`\x00-\x1f\x7f"
_DEFAULT = rf"[^\s'\u2018\u2019\u201a{_NO_WORDS}](?:[^{_NO_WORDS}]{{0,58}}[^\s'\u2018\u2019\u201a{_NO_WORDS}])?"
# A slot by its name, and after a stroke the words that stand there where its value is empty. A default that is not plain
# words is read as a part of the name, which nothing fills.
SLOT = re.compile(rf"\{{\{{\s*+(?P<name>[^{{}}]*?)\s*+(?:\|\s*+(?P<default>{_DEFAULT})\s*+)?\}}\}}")
OutputType = Literal["text", "list", "choice", "choices", "integer", "number", "boolean", "date", "object", "quote"]
Finite = Annotated[float, Field(allow_inf_nan=False, ge=-(2**53), le=2**53)]
LABELLED, NUMERIC = frozenset({"choice", "choices"}), frozenset({"integer", "number"})
MOST_LABELS, DEEPEST = 200, 3

Facts = dict[str, Any]
Fields = dict[str, Any]


class Strict(BaseModel):
    """A model that refuses keys it does not know, so that a typo is an error and not a silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Label(Strict):
    """One of the answers that a `choice` or `choices` field allows."""

    name: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\n\r\t]+$")
    ]
    description: str = Field("", max_length=500)
    colour: str = Field("", pattern=r"^(#[0-9a-fA-F]{6})?$")


class InputField(Strict):
    """One fact a record may bring.

    Attributes:
        labels: What a `choice` or `choices` may say.
        minimum: Least value of a number; `maximum` the greatest. Both are allowed values.
        source: The fact a `quote` is taken from; any other where empty.
    """

    name: FieldName
    type: Literal[
        "text",
        "number",
        "integer",
        "date",
        "url",
        "boolean",
        "list",
        "choice",
        "choices",
        "object",
        "conversation",
        "document",
        "quote",
    ] = "text"
    role: Literal["", "group", "title", "domain"] = ""
    required: bool = False
    description: str = ""
    labels: tuple[Label, ...] = ()
    minimum: Finite | None = None
    maximum: Finite | None = None
    source: str = ""

    @model_validator(mode="after")
    def _parts_fit_type(self) -> Self:
        if reason := _wrong_range(self) or _wrong_source(self):
            raise ValueError(f"field '{self.name}': {reason}")
        return self


class OutputItem(Strict):
    """One value that a miniature writes: a part of an object, or of each element of a list, such as the quote of a claim.

    Attributes:
        items: Parts of an `object`, or of each element of a `list`; a list without parts is a list of texts.
        labels: What a `choice` or `choices` may say, in the order they are offered.
        ordered: Whether the labels of a `choice` are steps from least to most: how far apart two are then counts.
        minimum: Least value of a number; `maximum` the greatest. Both are allowed values.
        unit: What a number counts, for people.
        decimals: Most digits after the point of a `number`.
        pattern: Regular expression that a whole text has to match.
        source: Input field a `quote` is taken from; any where empty.
    """

    name: FieldName
    type: OutputType = "text"
    description: str = ""
    required: bool = False
    min_words: int | None = Field(None, ge=0)
    max_words: int | None = Field(None, ge=1)
    max_chars: int | None = Field(None, ge=1)
    items: tuple[OutputItem, ...] = ()
    labels: tuple[Label, ...] = ()
    ordered: bool = False
    minimum: Finite | None = None
    maximum: Finite | None = None
    unit: str = Field("", max_length=20)
    decimals: int | None = Field(None, ge=0, le=12)
    pattern: str = Field("", max_length=200)
    source: str = ""

    @model_validator(mode="after")
    def _parts_fit_type(self) -> Self:
        if reason := misfit(self):
            raise ValueError(f"field '{self.name}': {reason}")
        return self


class OutputField(OutputItem):
    """One field the miniature writes. A text with the role `reasoning` stands before the field it reasons about."""

    role: Literal["", "subject", "body", "claims", "reasoning"] = ""
    required: bool = True


def misfit(field: OutputItem) -> str:
    """Say why the parts of a field do not fit its type; empty where they do."""
    kind = field.type
    if (kind == "object") > bool(field.items) or (field.items and kind not in ("list", "object")):
        return "an object names its items, a list of objects too; other types have none"
    if (kind in LABELLED) != bool(field.labels):
        return "a choice names its labels, other types have none"
    if field.ordered and kind != "choice":
        return "only the labels of a choice are in order"
    names = [label.name.casefold() for label in field.labels]
    if field.labels and not 2 <= len(names) <= MOST_LABELS:
        return f"{len(names)} labels; a field needs 2 to {MOST_LABELS}"
    if double := next((label.name for label in field.labels if names.count(label.name.casefold()) > 1), None):
        return f"the label '{double}' appears twice"
    parts = [item.name for item in field.items]
    if double := next((name for name in parts if parts.count(name) > 1), None):
        return f"the part '{double}' appears twice"
    return _wrong_bounds(field)


def _wrong_bounds(field: OutputItem) -> str:
    if field.min_words is not None and field.max_words is not None and field.min_words > field.max_words:
        return f"min_words {field.min_words} is above max_words {field.max_words}"
    if field.unit and field.type not in NUMERIC:
        return "only numbers have a range and a unit"
    if field.decimals is not None and field.type != "number":
        return "only a number has decimals"
    if reason := _wrong_range(field) or _wrong_source(field):
        return reason
    if field.pattern and field.type != "text":
        return "only a text has a pattern"
    try:
        regex.compile(field.pattern)
    except regex.error as error:
        return f"the pattern is not a regular expression: {error}"
    return ""


def _wrong_range(field: InputField | OutputItem) -> str:
    if field.type not in NUMERIC and (field.minimum is not None or field.maximum is not None):
        return "only numbers have a range and a unit"
    if field.minimum is not None and field.maximum is not None and field.minimum > field.maximum:
        return f"the least value {field.minimum} is above the greatest, {field.maximum}"
    return ""


def _wrong_source(field: InputField | OutputItem) -> str:
    return "only a quote names the fact it is from" if field.source and field.type != "quote" else ""


# What the first specifications said of a field and of a part of one; anything else is left out where it is not used, so
# that their hashes stay.
_ALWAYS = {
    InputField: frozenset({"name", "type", "role", "required", "description"}),
    OutputField: frozenset(
        {"name", "type", "role", "description", "required", "min_words", "max_words", "max_chars", "items"}
    ),
    OutputItem: frozenset({"name", "description", "max_chars"}),
}


def shape_json(field: InputField | OutputItem) -> dict[str, Any]:
    """A field as plain data, without what it does not use."""
    always = _ALWAYS[type(field)]
    body = {
        name: value
        for name, value in field.model_dump(mode="json").items()
        if name in always or (value != type(field).model_fields[name].get_default() and value != [])
    }
    if isinstance(field, OutputItem) and "items" in body:
        body["items"] = [shape_json(item) for item in field.items]
    return body


def sources(field: OutputItem) -> set[str]:
    """Names of the input fields that quotes in this field are taken from."""
    return {field.source} - {""} | {name for item in field.items for name in sources(item)}


def depth(field: OutputItem) -> int:
    """Levels of nesting below a field; 0 for one that has no parts."""
    return 1 + max(map(depth, field.items)) if field.items else 0


def check_output(schema: tuple[OutputField, ...]) -> None:
    """Refuse an output whose fields do not fit each other.

    Raises:
        ValueError: Naming the field.
    """
    unique_names(schema, "output")
    for position, field in enumerate(schema):
        if depth(field) > DEEPEST:
            raise ValueError(f"field '{field.name}': parts within parts go {DEEPEST} levels deep at most")
        if field.role == "reasoning" and (field.type != "text" or position + 1 == len(schema)):
            raise ValueError(
                f"field '{field.name}': reasoning must be a text and come before the field that it explains"
            )
        if field.role in ("subject", "body") and field.type != "text":
            raise ValueError(f"field '{field.name}': the {field.role} of a mail is a text")


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
