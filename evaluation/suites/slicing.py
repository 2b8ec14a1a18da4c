"""Slices of records: by what their facts say, how long they are, and in which script they are written. Pure Python."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any, Final

from review.spec.schema import Facts, InputField
from review.spec.task_spec import TaskSpec

LENGTH, SCRIPT = "length of the facts", "script"
SHORT, MIDDLE, LONG = "short", "middle", "long"
# A fact that says more different things than this tells single records apart, not kinds of them.
MOST_VALUES: Final = 12
# A longer value is a sentence, not a kind.
LONGEST_VALUE: Final = 80
_TYPES: Final = frozenset({"text", "choice", "choices", "boolean", "integer"})
Slices = dict[str, dict[str, set[str]]]


def slices_of(spec: TaskSpec, facts: Mapping[str, Facts]) -> Slices:
    """Records by column and value, columns that tell nothing apart left out.

    Args:
        spec: Which facts there are; what names a record or its company is no slice.
        facts: By record.

    Returns:
        By column, by value: the records. A record with several labels stands in several slices of its column.
    """
    columns = {field.name: _by_value(field, facts) for field in spec.input_schema if _may_slice(field)}
    columns |= {LENGTH: _by_length(facts), SCRIPT: _by_script(facts)}
    return {name: values for name, values in columns.items() if _tells_kinds(values)}


def column_names(spec: TaskSpec) -> list[str]:
    """Columns by which records of a task can be sliced."""
    return [*(field.name for field in spec.input_schema if _may_slice(field)), LENGTH, SCRIPT]


def _tells_kinds(values: dict[str, set[str]]) -> bool:
    return 2 <= len(values) <= MOST_VALUES and all(len(value) <= LONGEST_VALUE for value in values)


def _may_slice(field: InputField) -> bool:
    return field.type in _TYPES and not field.role


def _by_value(field: InputField, facts: Mapping[str, Facts]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for record, told in facts.items():
        for value in _values(told.get(field.name)):
            found[value].add(record)
    return dict(sorted(found.items()))


def _values(value: Any) -> list[str]:
    """What a fact says, in the same words for the same thing; nothing where it is not told."""
    if isinstance(value, list):
        return [text for part in value for text in _values(part)]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    text = " ".join(str(value).split()) if isinstance(value, (str, int)) else ""
    return [text] if text else []


def _by_length(facts: Mapping[str, Facts]) -> dict[str, set[str]]:
    """Thirds of the records by the characters of their facts; records of one length stay together."""
    lengths = {record: sum(len(str(value)) for value in told.values()) for record, told in facts.items()}
    ordered = sorted(lengths.values())
    if not ordered:
        return {}
    first, second = ordered[len(ordered) // 3], ordered[2 * len(ordered) // 3]
    found: dict[str, set[str]] = defaultdict(set)
    for record, length in lengths.items():
        found[SHORT if length < first else MIDDLE if length < second else LONG].add(record)
    return dict(found)


def _by_script(facts: Mapping[str, Facts]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for record, told in facts.items():
        if script := _script(" ".join(value for value in told.values() if isinstance(value, str))):
            found[script].add(record)
    return dict(sorted(found.items()))


def _script(text: str) -> str:
    """The script that most letters of a text are of, by the first word of their Unicode names; empty without a letter."""
    counts = Counter(
        name.split()[0].capitalize() for char in text if char.isalpha() and (name := unicodedata.name(char, ""))
    )
    return min(counts, key=lambda script: (-counts[script], script)) if counts else ""
