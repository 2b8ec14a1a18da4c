"""Types of values in one table: name, label, control and form in JSON. Pure Python.

A new type is one entry here and a reader in `values.READERS`. Other code tests a trait of a type, never its name, and
falls back on the type's control.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from datetime import date
from typing import Any, Literal

Control = Literal["area", "label", "labels", "flag", "number", "line", "parts", "turns"]
Json = Literal["string", "integer", "number", "boolean", "array", "object"]


@dataclass(frozen=True, slots=True)
class ValueType:
    """Type of a fact or of an output field.

    Attributes:
        label: Name on forms; `fact_label` for facts, where that differs.
        control: Control to enter a value. Templates and scripts of the desk know controls, not types.
        is_written: Whether a miniature writes it, by `values.READERS`; the others are for facts only.
        amount: Place of a value on a scale, for types with distances.
        options: Attributes of a field that belong to this type.
        json: Type in JSON Schema, with the `format` of a string.
        told: Words that request such a value from a model; empty where labels or parts are listed instead.
        note: Sentence on such a value in a JSON Schema.
        hint: Hint at its box on the desk.
        sample: Value of usual length, for placeholders and for prices without records.
        tokens: Tokens of a value in an answer; 0 where lengths or labels determine them.
    """

    name: str
    label: str
    control: Control
    _: KW_ONLY
    is_written: bool = True
    fact_label: str = ""
    amount: Callable[[Any], float] | None = None
    options: frozenset[str] = frozenset()
    json: Json = "string"
    format: str = ""
    told: str = ""
    note: str = ""
    hint: str = ""
    sample: Any = None
    tokens: int = 0

    @property
    def is_prose(self) -> bool:
        """Return whether a value is a text, which checks read and people edit."""
        return self.control == "area"

    @property
    def is_picked(self) -> bool:
        """Return whether a value is chosen among labels, or is yes or no."""
        return self.control in ("label", "labels", "flag")

    @property
    def is_value(self) -> bool:
        """Return whether a value is chosen or typed in place, and is right or wrong as a whole."""
        return self.is_picked or self.control in ("number", "line")

    @property
    def is_number(self) -> bool:
        return self.control == "number"

    @property
    def is_many(self) -> bool:
        return self.json == "array"

    @property
    def has_labels(self) -> bool:
        return "labels" in self.options

    @property
    def placeholder(self) -> str:
        """Return the placeholder of an empty line; none for a number, whose box shows its range."""
        return str(self.sample or "") if self.control == "line" else ""

    @property
    def empty(self) -> Any:
        """Return the normal form of a missing value: [], None or an empty text."""
        return "" if self.is_prose else [] if self.is_many else None


def day_number(value: str) -> float:
    """Return a date as a number, for distances in days."""
    return float(date.fromisoformat(value).toordinal())


_RANGE = frozenset({"minimum", "maximum", "unit"})
_TYPES = (
    ValueType("text", "Text", "area", options=frozenset({"min_words", "max_words", "max_chars", "pattern"})),
    ValueType("document", "Long text with pages", "area", is_written=False),
    ValueType("conversation", "Conversation", "turns", is_written=False),
    ValueType("choice", "One label", "label", options=frozenset({"labels", "ordered"})),
    ValueType("choices", "Several labels", "labels", options=frozenset({"labels"}), json="array"),
    ValueType("boolean", "Yes or no", "flag", json="boolean", told="true or false", sample=True, tokens=1),
    ValueType(
        "integer", "Whole number", "number",
        amount=float, options=_RANGE, json="integer", told="a whole number", sample=1234, tokens=3,
    ),
    ValueType(
        "number", "Number", "number",
        amount=float, options=_RANGE | {"decimals"}, json="number", told="a number", sample=1234.5, tokens=4,
    ),
    ValueType(
        "date", "Date", "line",
        amount=day_number, format="date", told="a day as YYYY-MM-DD", hint="a day", sample="2026-01-31", tokens=8,
    ),
    ValueType("url", "Address", "line", is_written=False, sample="https://www.example.com/about"),
    ValueType(
        "quote", "Quote from a fact", "area", fact_label="Quote from another fact",
        options=frozenset({"max_chars", "source"}), told="words copied letter by letter from the facts",
        note="Copied letter by letter from the facts.",
    ),
    ValueType("list", "List", "parts", options=frozenset({"items"}), json="array"),
    ValueType(
        "object", "Object", "parts", fact_label="Object, or a list of objects",
        options=frozenset({"items"}), json="object",
    ),
)  # fmt: skip
TYPES = {each.name: each for each in _TYPES}


def output_types() -> dict[str, ValueType]:
    """Return the types that a miniature writes, by name."""
    return {name: kind for name, kind in TYPES.items() if kind.is_written}
