"""Heads that a classifier needs for a task, and why a task has none. Pure: knows a task version, no rows."""

from __future__ import annotations

from typing import Final

from review.spec.output_format import bare_field
from review.spec.schema import OutputField
from review.spec.task_spec import TaskSpec
from training.engine.classifier.fields import HeadField, HeadSet, HeadType

# Heads by the control of a field; a number's by its type in JSON.
_HEADS: Final[dict[str, HeadType]] = {"label": "choice", "flag": "boolean"}


def why_no_heads(spec: TaskSpec) -> str:
    """Why a classifier cannot answer a task; empty where it can.

    It tells choices, booleans and numbers. A field of another type is left out where the task lets it be missing, such
    as the reasoning before a label.
    """
    predicted = [field for field in spec.output_schema if _head_type(field)]
    written = [field for field in spec.output_schema if not _head_type(field) and field.required]
    if not predicted:
        return "no field of this task is a choice, a boolean or a number"
    if written:
        named = ", ".join(f"'{field.name}' is a {field.type}" for field in written)
        return f"classifier recipes need label or number outputs only; {named}"
    return ""


def heads_of(spec: TaskSpec) -> HeadSet:
    """The heads of a task's classifier, in the order of its output.

    Raises:
        ValueError: A classifier cannot answer the task.
    """
    if reason := why_no_heads(spec):
        raise ValueError(reason)
    fields = tuple(_head(field) for field in spec.output_schema if _head_type(field))
    return HeadSet(fields=fields, is_bare=bare_field(spec.output_schema) is not None)


def _head_type(field: OutputField) -> str:
    """Type of a field's head; empty for a field that no head tells."""
    kind = field.value_type
    return kind.json if kind.is_number else _HEADS.get(kind.control, "")


def _head(field: OutputField) -> HeadField:
    return HeadField.model_validate(
        {
            "name": field.name,
            "type": _head_type(field),
            "labels": tuple(label.name for label in field.labels),
            "minimum": field.minimum,
            "maximum": field.maximum,
            "decimals": field.decimals,
        }
    )
