"""Input and output schemas of a task: named fields with type, length and role.

Pure Python on pydantic. Does not know the database, the web, or the wording of prompts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

import regex
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticKnownError

from review.spec.value_types import TYPES, ValueType, output_types

FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
SlotName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
# Characters that make a default no plain words but another tool's filter or markup.
_NO_WORDS = r"{}|<>\[\]()\"\u201c\u201d\u201e\u00ab\u00bb=:%*#$@\\`\x00-\x1f\x7f"
_DEFAULT = rf"[^\s'\u2018\u2019\u201a{_NO_WORDS}](?:[^{_NO_WORDS}]{{0,58}}[^\s'\u2018\u2019\u201a{_NO_WORDS}])?"
# A slot: its name, and after a bar the default for an empty value. A default that is not plain words is read as a part
# of the name, which nothing fills.
SLOT = re.compile(rf"\{{\{{\s*+(?P<name>[^{{}}]*?)\s*+(?:\|\s*+(?P<default>{_DEFAULT})\s*+)?\}}\}}")
Finite = Annotated[float, Field(allow_inf_nan=False, ge=-(2**53), le=2**53)]
MOST_LABELS, DEEPEST = 200, 3
_PATTERN_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^]\\])*+\]|\{(?P<count>\d+)[^}]*\}|\S", re.DOTALL)
MOST_REPEATS = 1_000_000


def _one_of(names: Iterable[str], name: object) -> object:
    if name not in (allowed := list(names)):
        *first, last = map(repr, allowed)
        raise PydanticKnownError("literal_error", {"expected": f"{', '.join(first)} or {last}"})
    return name


FactType = Annotated[str, BeforeValidator(lambda name: _one_of(TYPES, name))]
OutputType = Annotated[str, BeforeValidator(lambda name: _one_of(output_types(), name))]
Facts = dict[str, Any]
Fields = dict[str, Any]


class Strict(BaseModel):
    """Model that refuses unknown keys, so that a typo is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Label(Strict):
    """Allowed value of a `choice` or `choices` field."""

    name: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\n\r\t]+$")
    ]
    description: str = Field("", max_length=500)
    colour: str = Field("", pattern=r"^(#[0-9a-fA-F]{6})?$")


class InputField(Strict):
    """Fact that a record may have.

    Attributes:
        labels: Allowed values of a `choice` or `choices`.
        minimum: Least value of a number, inclusive, as is `maximum`.
        source: Fact that a `quote` is taken from; empty for any other fact.
    """

    name: FieldName
    type: FactType = "text"
    role: Literal["", "group", "title", "domain"] = ""
    required: bool = False
    description: str = ""
    labels: tuple[Label, ...] = ()
    minimum: Finite | None = None
    maximum: Finite | None = None
    source: str = ""

    @property
    def value_type(self) -> ValueType:
        return TYPES[self.type]

    @model_validator(mode="after")
    def _parts_fit_type(self) -> Self:
        if reason := _wrong_range(self) or _wrong_source(self):
            raise ValueError(f"field '{self.name}': {reason}")
        return self


class OutputItem(Strict):
    """Value that a miniature writes: a field, a part of an object, or a part of each element of a list.

    Attributes:
        items: Parts of an `object`, or of each element of a `list`; a list without parts is a list of texts.
        labels: Allowed values of a `choice` or `choices`, in the order shown.
        ordered: Whether the labels of a `choice` are steps from least to most, so that their distance counts.
        minimum: Least value of a number, inclusive, as is `maximum`.
        unit: Unit of a number, for people.
        decimals: Largest number of digits after the point of a `number`.
        pattern: Regular expression that the whole text has to match.
        source: Input field that a `quote` is taken from; empty for any.
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

    @property
    def value_type(self) -> ValueType:
        return TYPES[self.type]

    @model_validator(mode="after")
    def _parts_fit_type(self) -> Self:
        if reason := misfit(self):
            raise ValueError(f"field '{self.name}': {reason}")
        return self


class OutputField(OutputItem):
    """Field that a miniature writes. A text with the role `reasoning` comes before the field it explains."""

    role: Literal["", "subject", "body", "claims", "reasoning"] = ""
    required: bool = True


def misfit(field: OutputItem) -> str:
    """Return the reason why the parts of a field do not fit its type; empty where they do."""
    kind = field.value_type
    if (kind.json == "object") > bool(field.items) or (field.items and "items" not in kind.options):
        return "an object names its items, a list of objects too; other types have none"
    if kind.has_labels != bool(field.labels):
        return "a choice names its labels, other types have none"
    if field.ordered and "ordered" not in kind.options:
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
    if field.unit and "unit" not in field.value_type.options:
        return "only numbers have a range and a unit"
    if field.decimals is not None and "decimals" not in field.value_type.options:
        return "only a number has decimals"
    if reason := _wrong_range(field) or _wrong_source(field):
        return reason
    if field.pattern and "pattern" not in field.value_type.options:
        return "only a text has a pattern"
    try:
        if repeats(field.pattern) <= MOST_REPEATS:
            regex.compile(field.pattern)
    except regex.error as error:
        return f"the pattern is not a regular expression: {error}"
    return ""


def repeats(pattern: str) -> int:
    """Count the signs of a pattern with its least counts written out, as compiling does: millions take minutes."""
    groups, last = [0], 0
    for piece in _PATTERN_PIECE.finditer(pattern):
        if piece["count"]:
            last *= max(1, int(piece["count"]))
        elif piece[0] == ")" and groups[1:]:
            last += groups.pop()
        else:
            groups[-1] += last
            last = 1
            if piece[0] == "(":
                groups.append(0)
                last = 0
    return sum(groups) + last


def _wrong_range(field: InputField | OutputItem) -> str:
    has_range = "minimum" in field.value_type.options
    if not has_range and (field.minimum is not None or field.maximum is not None):
        return "only numbers have a range and a unit"
    if field.minimum is not None and field.maximum is not None and field.minimum > field.maximum:
        return f"the least value {field.minimum} is above the greatest, {field.maximum}"
    return ""


def _wrong_source(field: InputField | OutputItem) -> str:
    is_misplaced = field.source and "source" not in field.value_type.options
    return "only a quote names the fact it is from" if is_misplaced else ""


# Attributes in the JSON of the first specifications; all others are left out where unused, so that old hashes stay.
_ALWAYS = {
    InputField: frozenset({"name", "type", "role", "required", "description"}),
    OutputField: frozenset(
        {"name", "type", "role", "description", "required", "min_words", "max_words", "max_chars", "items"}
    ),
    OutputItem: frozenset({"name", "description", "max_chars"}),
}


def shape_json(field: InputField | OutputItem) -> dict[str, Any]:
    """Return a field as plain data without unused attributes."""
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
    """Return the names of the input fields that quotes in this field are taken from."""
    return {field.source} - {""} | {name for item in field.items for name in sources(item)}


def depth(field: OutputItem) -> int:
    """Count the levels of nesting below a field; 0 for a field without parts."""
    return 1 + max(map(depth, field.items)) if field.items else 0


def check_output(schema: tuple[OutputField, ...]) -> None:
    """Refuse an output whose fields do not fit each other.

    Raises:
        ValueError: Names the field.
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
    """Refuse a schema without fields or with two of one name.

    Raises:
        ValueError: Names the field.
    """
    if not fields:
        raise ValueError(f"the {what} schema names no field; add at least one")
    names: set[str] = set()
    for field in fields:
        if field.name in names:
            raise ValueError(f"the {what} schema names '{field.name}' twice")
        names.add(field.name)
