"""Plan of each synthetic record, so that calls do not all write the same one. Pure: every attempt deals the same.

A model that is asked for one more record writes the likeliest one again and again, whatever its temperature. So what
differs is decided here: labels, ranges and circumstances are dealt from shuffled decks, each value as often as any
other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from review.sources.imports.logs.answer_shape import shape_of
from review.spec import questions
from review.spec.prompting import Message
from review.spec.schema import Facts, InputField, Label, OutputField, OutputItem
from review.spec.task_spec import TaskSpec
from review.spec.values import out_of_range

Attributes = Mapping[str, Sequence[str]]
# Fewer values tell no range.
_LEAST_VALUES = 3
_STEPS = 10
_WRITTEN = frozenset({"text", "list", "conversation", "document"})
_TRAITS: dict[str, tuple[str, ...]] = {
    "situation": (
        "an ordinary case", "an ordinary case with one unusual detail", "a case between two answers, hard to decide",
        "some facts that are not required are left out", "much that is beside the point stands in it",
        "something in it is unclear or contradicts itself", "a rare case that is easily forgotten",
    ),
    "length": ("very short", "short", "as long as usual", "longer than usual"),
    "manner": (
        "plain", "terse, almost in notes", "chatty", "formal", "annoyed", "friendly", "with a few slips of typing",
        "by somebody to whom the language is foreign", "by an expert, with terms of the trade", "by a beginner",
        "in a hurry",
    ),
    "trade": (
        "farming", "bakery", "building", "carpentry", "chemicals", "clinic", "education", "energy", "events", "fashion",
        "fishing", "freight", "furniture", "hotel", "insurance", "law office", "machine building", "museum", "pharmacy",
        "printing", "public office", "restaurant", "shipyard", "software", "sports club", "textiles", "wholesale",
        "zoo", "household", "tax adviser", "optics", "recycling", "radio station", "nursery of plants", "bicycle shop",
    ),
    "place": (
        "a village", "a small town", "a harbour town", "a mountain valley", "a capital", "an island", "a suburb",
        "an old industrial town", "a university town", "a border region", "the far north", "the south coast",
        "the plains",
    ),
}  # fmt: skip
_LETTERS = "ABCDEFGHIJKLMNOPRSTUVWYZ"


@dataclass(frozen=True)
class RecordPlan:
    """Plan of one record.

    Attributes:
        values: By fact: what it is to say.
    """

    values: dict[str, str]
    traits: dict[str, str]


def plan_of(
    schema: Sequence[InputField], attributes: Attributes, seeds: Sequence[Facts], *, key: str, number: int
) -> RecordPlan:
    """Deal one record of an order.

    Args:
        attributes: What varies in a lead's words; one that is called like a fact decides that fact.
        seeds: Records to take ranges from.
        key: Tells orders apart.
        number: The record's place in the order, from 0.
    """
    values, traits = dict[str, str](), dict[str, str]()
    names = {field.name for field in schema}
    for name, choices in attributes.items():
        (values if name in names else traits)[name] = _dealt(choices, f"{key}:{name}", number)
    for field in schema:
        if field.name not in values and (value := _value(field, seeds, f"{key}:{field.name}", number)):
            values[field.name] = value
    if any(field.type in _WRITTEN for field in schema):
        traits |= {
            name: _dealt(options, f"{key}:{name}", number)
            for name, options in _TRAITS.items()
            if name not in attributes
        }
        drawn = Random(f"{key}:names:{number}")
        traits["names"] = f"begin with {' or '.join(drawn.sample(_LETTERS, 2))}"
    return RecordPlan(values, traits)


def _dealt(values: Sequence[str], key: str, number: int) -> str:
    """Deal the values: every run of as many records as there are values gets each of them once."""
    turn, place = divmod(number, len(values))
    deck = list(values)
    Random(f"{key}:{turn}").shuffle(deck)
    return deck[place]


def _value(field: InputField, seeds: Sequence[Facts], key: str, number: int) -> str:
    names = [label.name for label in field.labels]
    if field.type == "choice":
        return _dealt(names, key, number)
    if field.type == "boolean":
        return _dealt(("true", "false"), key, number)
    if field.type == "choices":
        drawn = Random(f"{key}:{number}")
        return ", ".join(drawn.sample(names, min(len(names), drawn.choice((1, 1, 2, 3)))))
    seed_values = [seed.get(field.name) for seed in seeds]
    if field.type == "date":
        return _day_in_range([day for value in seed_values if (day := _day(value))], key, number)
    if field.type in ("number", "integer"):
        # A seed may be older than the fact's type.
        numbers = [value for value in seed_values if isinstance(value, (int, float)) and not isinstance(value, bool)]
        numbers = [value for value in numbers if not out_of_range(field, value)]
        return _number_in_range(numbers, key, number, is_whole=field.type == "integer")
    return ""


def _day_in_range(days: Sequence[date], key: str, number: int) -> str:
    if len(set(days)) < _LEAST_VALUES:
        return ""
    first, last = min(days), max(days)
    return (first + timedelta(days=round(_share(key, number) * (last - first).days))).isoformat()


def _number_in_range(numbers: Sequence[float], key: str, number: int, *, is_whole: bool) -> str:
    if len(set(numbers)) < _LEAST_VALUES:
        return ""
    drawn = min(numbers) + _share(key, number) * (max(numbers) - min(numbers))
    return f"about {round(drawn) if is_whole else round(drawn, 2)}"


def _share(key: str, number: int) -> float:
    """Place within a range, 0 to 1: each tenth of it as often as any other."""
    step = int(_dealt([str(each) for each in range(_STEPS)], key, number))
    return (step + Random(f"{key}:{number}").random()) / _STEPS


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


# Of up to twenty examples so many are shown a call, other ones each time, and so much of each.
SHOWN, SHOWN_CHARS = 6, 2_000
_SYSTEM = (
    "You make up records that a task is practised on. They are read by people who know the real ones: each has to be "
    "one that could have come in. Invent every name, address and number; no real person and no real company stands in "
    "a record. The facts of a record agree with each other. No two records tell the same, begin alike or share a "
    "sentence, and none repeats or rewrites an example. Do not do the task: only what comes in is written, never the "
    "answer to it."
)
_PLAN = (
    "Each record has a plan. What it says of a fact is what that fact says. The rest are hints: leave out one that "
    "does not suit the kind of record, and never name the plan in a record."
)
_HINTS = {
    "url": "an address beginning with https://, of an invented host under .example",
    "date": "YYYY-MM-DD",
    "document": "long text; a form feed between pages",
    "conversation": "messages in turn, each with its role",
    "integer": "a whole number",
    "quote": "words copied letter by letter from another fact",
}
_AS_TEXT = frozenset({"text", "url", "document", "quote"})


def record_task(spec: TaskSpec, seeds: Sequence[Facts]) -> TaskSpec:
    """Return the task of a teacher's answer: a list of records with the facts of this one.

    Args:
        seeds: Where the parts of an object are told from; an optional one that they do not tell is left out.

    Raises:
        ValueError: A required fact is an object of which no example shows the parts, no fact is left to write, or parts
            are nested too deep.
    """
    items = tuple(item for field in spec.input_schema if (item := _item(field, seeds)) is not None)
    if not items:
        raise ValueError("no example shows the parts of its facts, and it has no other ones")
    records = OutputField(name="records", type="list", items=items)
    task = questions.answer_task("Make up records.", records, about="task")
    return task.model_copy(update={"language": spec.language})


def conversation(
    spec: TaskSpec,
    seeds: Sequence[Facts],
    *,
    about: str,
    attributes: Attributes,
    key: str,
    first: int,
    count: int,
) -> list[Message]:
    """Build one call.

    Args:
        seeds: Up to twenty records of it, as examples; may be none.
        about: What a lead says of them.
        key: Tells orders apart.
        first: Place of the call's first record in the order, from 0.
    """
    plans = [plan_of(spec.input_schema, attributes, seeds, key=key, number=first + place) for place in range(count)]
    shown = [seeds[(first + place) % len(seeds)] for place in range(min(SHOWN, len(seeds)))]
    parts = [
        f"The task that the records are for:\n{spec.instruction}",
        f"Facts of a {spec.record_noun}:\n" + "\n".join(map(_fact_line, spec.input_schema)),
        *([f"What the records are about:\n{about}"] if about else []),
        *(
            f"Example {number}\n{json.dumps(seed, ensure_ascii=False)[:SHOWN_CHARS]}"
            for number, seed in enumerate(shown, 1)
        ),
        f"{_PLAN}\n" + "\n".join(_plan_line(number, plan) for number, plan in enumerate(plans, 1)),
        f"Write {count} record{'' if count == 1 else 's'}, in this order, in the language {spec.language}.",
    ]
    return questions.question(_SYSTEM, parts, answer=record_task(spec, seeds))


def _item(field: InputField, seeds: Sequence[Facts]) -> OutputItem | None:
    base: dict[str, Any] = {"name": field.name, "description": field.description}
    if field.type == "conversation":
        roles = tuple(Label(name=role) for role in ("system", "user", "assistant"))
        parts = (OutputItem(name="role", type="choice", labels=roles, required=True), OutputItem(name="content"))
        return OutputItem(**base, type="list", items=parts)
    if field.type == "object":
        values = [seed[field.name] for seed in seeds if isinstance(seed.get(field.name), dict)]
        shape = shape_of(values, field.name, 2) if values else None
        if shape is None and field.required:
            raise ValueError(f"'{field.name}' is an object, and no example shows its parts")
        return OutputItem.model_validate({**shape, **base}) if shape else None
    kind = "text" if field.type in _AS_TEXT else field.type
    return OutputItem.model_validate({**base, "type": kind, "labels": field.labels, **_range(field)})


def _range(field: InputField) -> dict[str, float | None]:
    return {"minimum": field.minimum, "maximum": field.maximum}


def _fact_line(field: InputField) -> str:
    hint = _HINTS.get(field.type, "" if field.type == "text" else field.type)
    if field.source:
        hint = f"words copied letter by letter from {field.source}"
    notes = [*([hint] if hint else []), "always there" if field.required else "may be left out"]
    notes += [f"the {field.role} of the record"] if field.role else []
    line = f"- {field.name} ({'; '.join(notes)})"
    return f"{line}: {field.description}" if field.description else line


def _plan_line(number: int, plan: RecordPlan) -> str:
    facts = [f"{name} = {value}" for name, value in plan.values.items()]
    hints = [f"{name}: {value}" for name, value in plan.traits.items()]
    return f"Record {number}: {'; '.join([*facts, *hints]) or 'as you like'}"
