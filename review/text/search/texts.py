"""The text of a draft and of a record's facts, one value a line, as it is searched and compared. Pure Python."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def texts_of_fields(fields: Mapping[str, Any]) -> str:
    """All texts of a draft in the order of its fields, those in lists among them."""
    return "\n".join(_texts(fields.values()))


def texts_of_facts(facts: Mapping[str, Any]) -> str:
    """All facts of a record."""
    return "\n".join(_texts(facts.values()))


def _texts(values: Iterable[object]) -> Iterator[str]:
    for value in values:
        if isinstance(value, Mapping):
            yield from _texts(value.values())
        elif isinstance(value, list | tuple):
            yield from _texts(value)
        elif value is not None and value != "" and not isinstance(value, bool):
            yield str(value)
