"""Fields of a draft as the desk draws them: texts with their marks, elements of lists, values to pick."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from review.desk.cards.values import CardValue, box_text, card_value, hint_of
from review.models import Draft
from review.spec.paths import as_text
from review.spec.schema import Fields, Label, OutputField, OutputItem
from review.spec.value_types import TYPES, ValueType
from review.text.grounding.attribution import attribute
from review.text.grounding.passages import PassageIndex
from review.text.grounding.spans import Mark, Span, cut_spans

# More of one text than this is fetched on request: a line of a megabyte would stop the page.
SHOWN_CHARS = 20_000
# A longer one is not edited here: every key would be felt.
EDITABLE_CHARS = 100_000


@dataclass(frozen=True, slots=True)
class PartOption:
    text: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class CardText:
    """One editable text: a field, or one part of an object or of a list's element.

    `path` is `body` or `claims.0.quote`.

    A part that is a value is picked among `options`, or typed into one line, as its `kind` says.
    """

    path: str
    label: str
    text: str
    draft: str
    segments: Sequence[Span]
    remarks: Sequence[Mark]
    max_chars: int | None
    is_required: bool
    kind: ValueType = TYPES["text"]
    options: Sequence[PartOption] = ()
    hint: str = ""
    is_quote: bool = False

    @property
    def length(self) -> int:
        return len(self.draft)

    @property
    def hidden(self) -> int:
        """Characters of the draft that are fetched only on request."""
        return max(0, len(self.draft) - SHOWN_CHARS)

    @property
    def is_long(self) -> bool:
        return self.max_chars is not None and self.length > self.max_chars

    @property
    def rows(self) -> int:
        """Height of an editor that fits it without scripts."""
        return min(18, 2 + sum(1 + len(line) // 68 for line in self.text.split("\n")))


@dataclass(frozen=True, slots=True)
class CardElement:
    """One element of a list; `is_added`: by the reviewer's edit, so that the draft itself does not have it."""

    number: int
    parts: Sequence[CardText]
    is_added: bool = False


@dataclass(frozen=True, slots=True)
class CardField:
    """One field of the output: a text, a list of elements, or a value that is picked or typed in place."""

    name: str
    label: str
    role: str
    text: CardText | None
    elements: Sequence[CardElement]
    blank: Sequence[CardText]
    remarks: Sequence[Mark]
    value: CardValue | None = None


def label_of(field: OutputField) -> str:
    """The name of a field as a person reads it."""
    return field.name.replace("_", " ").capitalize()


def is_told(label: Label) -> bool:
    """Return whether a label describes when it is right."""
    return bool(label.description)


def card_field(
    field: OutputField, draft: Draft, passages: PassageIndex, unfinished: Fields | None, *, is_hidden: bool = False
) -> CardField:
    """A field of a draft as the desk draws it, with the reviewer's own edit where one was begun."""
    label = label_of(field)
    written = draft.fields.get(field.name)
    edited = (unfinished or {}).get(field.name, written)
    if field.value_type.is_value:
        value = card_value(field, written, edited, is_hidden=is_hidden)
        return CardField(field.name, label, field.role, None, (), (), (), value)
    whole = [mark for mark in draft.marks if mark["field"] == field.name and mark["start"] == mark["end"]]
    if field.value_type.is_prose:
        text = _text(field.name, label, str(written or ""), str(edited or ""), draft, passages, field)
        return CardField(field.name, label, field.role, text, (), (), ())
    if field.items and not field.value_type.is_many:
        parts = _parts_in(field, written, edited, field.name, draft, passages)
        return CardField(field.name, label, field.role, None, [CardElement(1, parts)], (), whole)
    blank = _element(field, f"{field.name}.new", None, None, draft, passages)
    elements = _elements(field, written, edited, draft, passages)
    return CardField(field.name, label, field.role, None, elements, blank, whole)


def _elements(
    field: OutputField, written: object, edited: object, draft: Draft, passages: PassageIndex
) -> list[CardElement]:
    """The elements of a list, those that only the edit has behind those of the draft."""
    before, rows = (value if isinstance(value, list) else [] for value in (written, edited))
    return [
        CardElement(
            row + 1,
            _element(field, f"{field.name}.{row}", _at(before, row), _at(rows, row), draft, passages),
            is_added=row >= len(before),
        )
        for row in range(max(len(rows), len(before)))
    ]


def _element(
    field: OutputField, path: str, written: object, edited: object, draft: Draft, passages: PassageIndex
) -> list[CardText]:
    if field.items:
        return _parts_in(field, written, edited, path, draft, passages)
    return [_text(path, label_of(field), as_text(written), as_text(edited), draft, passages, field)]


def _parts_in(
    item: OutputItem, written: object, edited: object, path: str, draft: Draft, passages: PassageIndex
) -> list[CardText]:
    parts: list[CardText] = []
    for part in item.items:
        was, now = _at(written, part.name), _at(edited, part.name)
        place, label = f"{path}.{part.name}", part.name.replace("_", " ").capitalize()
        if part.items and not part.value_type.is_many:
            parts += _parts_in(part, was, now, place, draft, passages)
        elif part.value_type.control == "parts":
            before, rows = (value if isinstance(value, list) else [] for value in (was, now))
            for row in range(max(len(rows), len(before))):
                first, second, inner = _at(before, row), _at(rows, row), f"{place}.{row}"
                if part.items:
                    parts += _parts_in(part, first, second, inner, draft, passages)
                else:
                    parts.append(_text(inner, label, as_text(first), as_text(second), draft, passages, part))
        elif part.value_type.is_value:
            parts.append(_value(part, place, label, was, now))
        else:
            parts.append(_text(place, label, as_text(was), as_text(now), draft, passages, part))
    return parts


def _at(value: object, key: str | int) -> Any:
    """A part of an object or an element of a list; None where there is none."""
    if isinstance(value, dict):
        return value.get(key)
    return value[key] if isinstance(value, list) and isinstance(key, int) and key < len(value) else None


def _value(item: OutputItem, path: str, label: str, written: object, edited: object) -> CardText:
    text, shown = as_text(written), box_text(edited, written)
    names = ["yes", "no"] if item.value_type.control == "flag" else [each.name for each in item.labels]
    chosen = set(edited) if isinstance(edited, list) else {shown}
    options = [PartOption(name, name in chosen) for name in names]
    kind, hint = item.value_type, hint_of(item)
    return CardText(path, label, shown, text, cut_spans(text), (), None, item.required, kind, options, hint)


def _text(
    path: str,
    label: str,
    written: str,
    edited: str,
    draft: Draft,
    passages: PassageIndex,
    schema: OutputField | OutputItem,
) -> CardText:
    marks = [mark for mark in draft.marks if mark["field"] == path]
    remarks = [mark for mark in marks if mark["start"] == mark["end"]]
    role, required = (schema.role, schema.required) if isinstance(schema, OutputField) else ("", False)
    drawn = written[:SHOWN_CHARS]
    # A subject claims nothing by itself, and one that is too long shows where the inbox cuts it.
    is_subject = role == "subject"
    stands = [] if is_subject else attribute(drawn, passages, language=draft.task_version.spec.language)
    segments = cut_spans(drawn, marks=marks, sentences=stands, shown=schema.max_chars if is_subject else None)
    is_quote = schema.type == "quote"
    return CardText(path, label, edited, written, segments, remarks, schema.max_chars, required, is_quote=is_quote)
