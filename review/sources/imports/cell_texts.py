"""Values of cells as the texts that a reader of the file sees. Pure Python."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from review.sources.imports.tables.rows import ShownNumber
from review.spec import numbers
from review.spec.schema import OutputItem
from web.strict_json import WrittenFloat


def text_of(value: object) -> str:
    """A value as a text says it: a number as written or shown, nothing of null; flags, lists and objects as in JSON."""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool | ShownNumber):
        return value.shown if isinstance(value, ShownNumber) else str(value).lower()
    if isinstance(value, float) and not isinstance(value, WrittenFloat):
        return str(numbers.whole_or_not(value))
    return "" if value is None else str(value)


def lines_of(parts: Sequence[object]) -> str:
    """Values of a list as the lines of one text, without missing ones."""
    return "\n".join(text_of(part) for part in parts if part is not None)


def worded(field: OutputItem, value: object) -> Any:
    """Return a value with its numbers and flags as texts wherever the field writes words."""
    if isinstance(value, list):
        return [worded(field, part) for part in value]
    if isinstance(value, dict):
        items = {item.name: item for item in field.items}
        return {name: worded(items[name], part) if name in items else part for name, part in value.items()}
    kind = field.value_type
    is_of_words = kind.is_prose or kind.has_labels or (kind.is_many and not field.items)
    return text_of(value) if is_of_words and isinstance(value, bool | int | float) else value
