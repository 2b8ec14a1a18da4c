"""Values of the offline teacher: labels, numbers, dates and quotes read off a record by simple, fallible rules."""

import math
import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

from review.spec.value_types import TYPES

# Types that are composed; values of all others are read off the record.
COMPOSED = frozenset({"text", "list"})
# Name of the fault that replaces a label by another.
WRONG_LABEL = "wrong_label"
# Name of the fault that swaps yes and no.
WRONG_ANSWER = "wrong_answer"
_WORD = re.compile(r"\w{3,}")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_DATE = re.compile(r"\b\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])\b")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]?")
_NO = re.compile(r"\b(no|not|never|nothing|without|kein\w*|nicht|pas|jamais)\b", re.IGNORECASE)
_STEM = 5


def value_for(schema: Mapping[str, Any], facts: Mapping[str, str], rng: random.Random) -> Any:
    """Read one value off a record.

    Args:
        schema: Field as plain data: `type`, and optionally `labels`, `minimum`, `maximum`, `decimals`, `items`.
        facts: Facts of the record by key.
        rng: Random source for values that the record does not determine.
    """
    kind, text = TYPES[schema["type"]], "\n".join(facts.values())
    if kind.control == "label":
        return _ranked(schema["labels"], text, rng)[0]
    if kind.control == "labels":
        ranked = _ranked(schema["labels"], text, rng)
        return [label["name"] for label in schema["labels"] if label["name"] in ranked[: rng.randrange(1, 3)]]
    if kind.is_number:
        return _number(schema, text, rng)
    if kind.control == "flag":
        return len(_NO.findall(text)) % 2 == 0
    if kind.format == "date":
        quotes = _DATE.search(text)
        return quotes[0] if quotes else f"2026-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"
    if kind.control == "line":
        return kind.sample
    if kind.json == "object":
        return {item["name"]: part_for(item, facts, rng) for item in schema["items"]}
    sentences = [each.strip() for each in _SENTENCE.findall(text) if len(each.split()) > 3]
    return rng.choice(sentences or [text])


def part_for(item: Mapping[str, Any], facts: Mapping[str, str], rng: random.Random) -> Any:
    """Read one part of an object: a value by its type, or for texts a fact of that name or any."""
    if item["type"] not in COMPOSED:
        return value_for(item, facts, rng)
    if item["type"] == "list":
        return []
    return facts.get(item["name"]) or rng.choice(list(facts.values()) or [""])


def spoil(fields: dict[str, Any], schemas: Sequence[Mapping[str, Any]], rng: random.Random) -> tuple[str, ...]:
    """Replace one label, or yes or no, by another; do nothing without either."""
    spoilable = [schema for schema in schemas if _control(schema) in ("label", "flag")]
    if not spoilable:
        return ()
    schema = rng.choice(spoilable)
    name = schema["name"]
    if _control(schema) == "flag":
        fields[name] = not fields[name]
        return (WRONG_ANSWER,)
    fields[name] = rng.choice([label["name"] for label in schema["labels"] if label["name"] != fields[name]])
    return (WRONG_LABEL,)


def _control(schema: Mapping[str, Any]) -> str:
    return TYPES[schema.get("type", "text")].control


def _ranked(labels: Sequence[Mapping[str, Any]], text: str, rng: random.Random) -> list[str]:
    """Sort labels by the words that their name and description share with the text."""
    stems = {word[:_STEM].casefold() for word in _WORD.findall(text)}
    weight = {
        label["name"]: (
            2 * len(stems & {word[:_STEM].casefold() for word in _WORD.findall(label["name"].replace("_", " "))})
            + len(stems & {word[:_STEM].casefold() for word in _WORD.findall(label.get("description", ""))}),
            rng.random(),
        )
        for label in labels
    }
    return sorted(weight, key=lambda name: weight[name], reverse=True)


def _number(schema: Mapping[str, Any], text: str, rng: random.Random) -> int | float:
    least, most = schema.get("minimum"), schema.get("maximum")
    low = float(least) if least is not None else min(0.0, float(most or 0))
    high = float(most) if most is not None else max(low + 100, 100.0)
    stated = [float(each) for each in _NUMBER.findall(text)]
    value = next((each for each in stated if low <= each <= high), None)
    if value is None:
        value = rng.uniform(low, high)
    if TYPES[schema["type"]].json == "integer":
        return int(min(max(round(value), math.ceil(low)), math.floor(high)))
    return round(value, schema.get("decimals") or 0)
