"""Values of a card that are picked or typed in place: labels, yes or no, numbers and days. Pure.

A part of the cards that bring nothing but such values is shown without the teacher's, so that agreement can be told
that does not come from a key pressed without reading.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from review.spec import numbers
from review.spec.paths import as_text
from review.spec.prompting import canonical_json
from review.spec.schema import OutputField, OutputItem
from review.spec.task_spec import TaskSpec
from review.spec.value_types import ValueType

# One card in ten per reviewer comes without the teacher's values.
HIDDEN_IN = 10


@dataclass(frozen=True, slots=True)
class ValueOption:
    value: str
    text: str
    description: str
    colour: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class CardValue:
    """One value, drawn as labels to pick or as a box to type in.

    Attributes:
        options: Labels, for what is picked.
        text: What stands in the box, for what is typed.
        draft: The teacher's value as JSON; "null" where it is hidden or missing.
        hint: Unit and range, in words.
    """

    name: str
    kind: ValueType
    is_required: bool
    options: Sequence[ValueOption]
    text: str
    draft: str
    hint: str
    minimum: float | None
    maximum: float | None

    @property
    def told(self) -> str:
        """The teacher's value as people read it; empty where it is missing or hidden."""
        return as_text(json.loads(self.draft))


def all_values(spec: TaskSpec) -> bool:
    """Return whether a task's output holds values alone, apart from the reasoning before them."""
    return all(field.value_type.is_value or field.role == "reasoning" for field in spec.output_schema)


def has_hidden(spec: TaskSpec, draft: UUID, reviewer: UUID | int | None) -> bool:
    """Return whether this reviewer gets the draft without the teacher's values; the same on every page and turn.

    Values are hidden only where a task writes nothing else: prose cannot be judged unseen.
    """
    if reviewer is None or not all_values(spec):
        return False
    return int.from_bytes(sha256(f"{draft}:{reviewer}".encode()).digest()[:8]) % HIDDEN_IN == 0


def card_value(field: OutputField, written: object, edited: object, *, is_hidden: bool) -> CardValue:
    """A field as the desk draws it.

    Args:
        edited: The reviewer's own where an edit was begun, else the teacher's.
        is_hidden: Whether the teacher's is kept from the page.
    """
    shown = None if is_hidden and edited == written else edited
    chosen = set(shown) if isinstance(shown, list) else {_value(shown)}
    return CardValue(
        name=field.name,
        kind=field.value_type,
        is_required=field.required,
        options=[
            ValueOption(value, text, description, colour, value in chosen)
            for value, text, description, colour in _options(field)
        ],
        text="" if field.value_type.is_picked else box_text(shown, written),
        draft="null" if is_hidden else canonical_json(written),
        hint=hint_of(field),
        minimum=field.minimum,
        maximum=field.maximum,
    )


def box_text(shown: object, written: object) -> str:
    """Return the text of a box: the draft's own value as it is read, another number in its unambiguous notation."""
    if isinstance(shown, (int, float)) and not isinstance(shown, bool) and shown != written:
        return numbers.unmistakable(shown)
    return as_text(shown)


def _options(field: OutputField) -> list[tuple[str, str, str, str]]:
    if field.value_type.control == "flag":
        return [("true", "yes", "", ""), ("false", "no", "", "")]
    return [(label.name, label.name, label.description, label.colour) for label in field.labels]


def _value(value: object) -> str | None:
    return ("true" if value else "false") if isinstance(value, bool) else None if value is None else str(value)


def hint_of(field: OutputItem) -> str:
    """Unit and range of a value, in words; empty where neither is said."""
    least, most = (f"{end:.15g}" if end is not None else "" for end in (field.minimum, field.maximum))
    span = (
        f"{least} to {most}" if least and most else f"at least {least}" if least else f"at most {most}" if most else ""
    )
    return ", ".join(filter(None, [field.unit, span, field.value_type.hint]))
