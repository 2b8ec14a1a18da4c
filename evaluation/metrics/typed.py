"""Scores of values against a gold: labels, numbers, days, yes and no, and sets of them. Pure Python.

Text is scored elsewhere: by checks, and by its overlap with the expert's.
"""

from __future__ import annotations

import math
from typing import Any

from review.spec.schema import Facts, Fields, OutputField, OutputItem
from review.spec.task_spec import TaskSpec
from review.text.grounding import quoting
from stats.classification import set_f1

EXACT, RIGHT, F1, ERROR, SQUARED, RANKS = "exact", "right_", "f1_", "error_", "squared_error_", "ranks_off_"
QUOTED, QUOTE_F1 = "quoted_", "quote_f1_"


def value_fields(spec: TaskSpec) -> list[OutputField]:
    """Fields whose value is right or wrong: all but prose, and lists and objects that hold prose."""
    return [field for field in spec.output_schema if not _holds_prose(field)]


def judged_by(spec: TaskSpec) -> str:
    """Name of the metric that a task's outputs are judged by: values right where it has any, else texts by checks."""
    return "exact" if value_fields(spec) else "passes_all"


def _holds_prose(item: OutputItem) -> bool:
    if item.type == "list" and not item.items:
        return False
    return item.value_type.is_prose or any(_holds_prose(part) for part in item.items)


def scores(spec: TaskSpec, fields: Fields | None, gold: Fields) -> dict[str, float]:
    """Score the values of one output against what an expert let stand.

    Args:
        fields: The output, or None when it had not the task's shape: then nothing of it is right.

    Returns:
        `exact`: 1 where every value is right, `right_<field>`: 1 where that one is; `f1_<field>` of sets of labels and
        of lists; `error_<field>` and `squared_error_<field>` of numbers, and `ranks_off_<field>` of labels in order,
        absent where none was given. Empty for a task whose output is prose alone.
    """
    of_values = value_fields(spec)
    if not of_values:
        return {}
    result: dict[str, float] = {EXACT: 1.0}
    for field in of_values:
        value = fields.get(field.name) if fields is not None else None
        is_right = fields is not None and _same(field, value, gold[field.name])
        result[RIGHT + field.name] = float(is_right)
        result[EXACT] *= is_right
        if field.value_type.is_many and not field.items:
            result[F1 + field.name] = set_f1(gold[field.name], value or ()) if fields is not None else 0.0
        if field.ordered and value in (names := labels_of(field)) and gold[field.name] in names:
            result[RANKS + field.name] = float(abs(names.index(value) - names.index(gold[field.name])))
        if field.value_type.is_number and value is not None and gold[field.name] is not None:
            gap = float(value) - float(gold[field.name])
            # Beyond what can be squared it is wrong, and no distance that means can be made of.
            if math.isfinite(gap * gap):
                result[ERROR + field.name], result[SQUARED + field.name] = abs(gap), gap * gap
    return result


def quote_scores(spec: TaskSpec, facts: Facts, fields: Fields | None, gold: Fields) -> dict[str, float]:
    """Score the quotes of one output by their places in the facts.

    Args:
        fields: The output, or None when it had not the task's shape.

    Returns:
        For each field that is a quote or holds some: `quote_f1_<field>`, F1 over the characters that both quote, and
        `quoted_<field>`: 1 where any is shared, or neither quotes anything. A quote that stands nowhere in the facts
        shares nothing. Absent where the gold's own quotes are not found.
    """
    result: dict[str, float] = {}
    for field in filter(quoting.holds_quotes, spec.output_schema):
        expected = quoting.places((field,), facts, gold)
        if not expected and quoting.strays((field,), expected, gold):
            continue
        shared = 0.0
        if fields is not None:
            places = quoting.places((field,), facts, fields)
            shared = quoting.overlap(places, expected, strays=quoting.strays((field,), places, fields))
        result[QUOTED + field.name], result[QUOTE_F1 + field.name] = float(shared > 0), shared
    return result


def is_share(metric: str) -> bool:
    """Return whether a metric is 0 or 1 of each output."""
    return metric == EXACT or metric.startswith((RIGHT, QUOTED))


def labels_of(field: OutputField) -> list[str]:
    """Labels of a field that has one of several; empty for other fields."""
    if field.value_type.control == "flag":
        return ["yes", "no"]
    return [label.name for label in field.labels] if field.value_type.control == "label" else []


def _same(field: OutputField, value: Any, gold: Any) -> bool:
    if field.value_type.is_many and not field.items:
        return set(value or ()) == set(gold or ())
    return bool(value == gold)
