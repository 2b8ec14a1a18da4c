"""The output fields that answers of a log fit: a mail, JSON by its members, labels, numbers, yes or no, or one text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from review.sources.imports.logs.slot_names import field_name
from review.spec.schema import DEEPEST, MOST_LABELS, Label, OutputField, OutputItem
from web import strict_json

_MAIL = re.compile(r"\A(?:\*\*)?subject(?:\*\*)?\s*:[^\n]+\n\s*\S", re.IGNORECASE)
_FENCE = re.compile(r"\A```[a-zA-Z]*\n(.*?)\n?```\Z", re.DOTALL)
_INTEGER, _NUMBER = re.compile(r"[+-]?\d{1,15}"), re.compile(r"[+-]?\d{1,15}\.\d{1,15}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_YES_NO = frozenset({"yes", "no", "true", "false"})
# Texts are labels where they are short and come again and again.
_LABEL_CHARS, _MOST_GUESSED, _TIMES, _FEWEST = 60, 40, 3, 6
_MOST_ODD = 0.02


def output_fields(answers: Sequence[str]) -> tuple[OutputField, ...]:
    """Fields that nearly all answers fit; one text where nothing else does."""
    texts = [bare(answer) for answer in answers if answer.strip()]
    few = int(_MOST_ODD * len(texts))
    if texts and sum(not _MAIL.match(text) for text in texts) <= few:
        return (OutputField(name="subject", role="subject"), OutputField(name="body", role="body"))
    objects = [held for text in texts if (held := _object(text)) is not None]
    if texts and len(texts) - len(objects) <= few and (fields := _members(objects, depth=1)):
        return tuple(OutputField(**field) for field in fields)
    shape = _of_texts(texts, "answer")
    return (OutputField(**({**shape, "role": "body"} if shape["type"] == "text" else shape)),)


def _members(objects: Sequence[Mapping[str, Any]], *, depth: int) -> list[dict[str, Any]]:
    """A field for each member of these objects; none where one cannot be a field's name or is nested too deep."""
    names = list(dict.fromkeys(name for held in objects for name in held))
    fields = []
    for name in names:
        values = [held.get(name) for held in objects]
        shape = shape_of(values, name, depth)
        if name != field_name(name) or shape is None:
            return []
        fields.append({**shape, "required": all(value not in (None, "", [], {}) for value in values)})
    return fields


def shape_of(values: Sequence[Any], name: str, depth: int = 1) -> dict[str, Any] | None:
    """Return the output field definition that fits these values; None where no field type does."""
    held = [value for value in values if value is not None]
    kinds = {type(value) for value in held}
    if kinds <= {str}:
        return _of_texts(held, name)
    if kinds == {bool}:
        return {"name": name, "type": "boolean"}
    if kinds <= {int, float}:
        return {"name": name, "type": "integer" if kinds == {int} else "number"}
    if kinds == {list}:
        return _list(held, name, depth)
    if kinds == {dict} and depth <= DEEPEST and (parts := _items(held, depth)):
        return {"name": name, "type": "object", "items": parts}
    return None


def _list(lists: Sequence[list[Any]], name: str, depth: int) -> dict[str, Any] | None:
    elements = [element for each in lists for element in each]
    if all(isinstance(element, str) for element in elements):
        labels = _labels(elements)
        no_doubles = all(len(each) == len(set(each)) for each in lists)
        if labels and no_doubles:
            return {"name": name, "type": "choices", "labels": labels}
        return {"name": name, "type": "list"}
    if (
        all(isinstance(element, dict) for element in elements)
        and depth <= DEEPEST
        and (parts := _items(elements, depth))
    ):
        return {"name": name, "type": "list", "items": parts}
    return None


def _items(objects: Sequence[dict[str, Any]], depth: int) -> tuple[OutputItem, ...]:
    return tuple(OutputItem(**part) for part in _members(objects, depth=depth + 1)) if depth < DEEPEST else ()


def _of_texts(texts: Sequence[str], name: str) -> dict[str, Any]:
    plain = [text.strip() for text in texts if text.strip()]
    kind = "text"
    if plain and all(text.casefold() in _YES_NO for text in plain):
        kind = "boolean"
    elif plain and all(_INTEGER.fullmatch(text) for text in plain):
        kind = "integer"
    elif plain and all(_INTEGER.fullmatch(text) or _NUMBER.fullmatch(text) for text in plain):
        kind = "number"
    elif plain and all(_DATE.fullmatch(text) for text in plain):
        kind = "date"
    elif labels := _labels(plain):
        return {"name": name, "type": "choice", "labels": labels}
    return {"name": name, "type": kind}


def _labels(texts: Sequence[str]) -> tuple[Label, ...]:
    """The labels these texts are, the most frequent first; none where they are no labels."""
    counts: dict[str, int] = {}
    for text in texts:
        counts[text.strip()] = counts.get(text.strip(), 0) + 1
    is_short = all(len(text) <= _LABEL_CHARS and "\n" not in text and text for text in counts)
    is_often = len(texts) >= max(_FEWEST, _TIMES * len(counts))
    folded = {text.casefold() for text in counts}
    if not (
        is_short and is_often and 2 <= len(counts) <= min(_MOST_GUESSED, MOST_LABELS) and len(folded) == len(counts)
    ):
        return ()
    return tuple(Label(name=text) for text in sorted(counts, key=lambda text: (-counts[text], text)))


def bare(answer: str) -> str:
    """An answer without a fenced block around it and blanks at its ends."""
    fenced = _FENCE.match(answer.strip())
    return fenced[1].strip() if fenced else answer.strip()


def _object(text: str) -> dict[str, Any] | None:
    if not text.startswith("{"):
        return None
    try:
        held = strict_json.parse(text)
    except ValueError:
        return None
    return held if isinstance(held, dict) and held else None
