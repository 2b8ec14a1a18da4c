"""Plan of each synthetic record, so that calls do not all write the same one. Pure: every attempt deals the same.

A model that is asked for one more record writes the likeliest one again and again, whatever its temperature. So what
differs is decided here: labels, ranges and circumstances are dealt from shuffled decks, each value as often as any
other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from review.spec.schema import Facts, InputField
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
