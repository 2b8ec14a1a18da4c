"""Forty JSON Schemas of the shapes tasks ask for: flat, nested, labels with quotes and Unicode,
numbers at their limits.

Lengths are bounded, so that an answer of any student, one byte a token, stays within `LONGEST_TOKENS`.
"""

from __future__ import annotations

from itertools import product
from typing import Any

LONGEST_TOKENS = 1200
WORDS = [
    "interested",
    "not interested",
    "not now",
    'says "call me"',
    "back\\slash",
    "l'été – déjà vu",
    "日本語",
    "🙂 👩‍🚀",
    "a/b\ttab",
    "</s>",
]


def of(**properties: Any) -> dict[str, Any]:
    """An object that has these properties, all of them, and no others."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def text(most: int = 24, **more: Any) -> dict[str, Any]:
    return {"type": "string", "maxLength": most, **more}


def some(items: dict[str, Any], most: int = 3, **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, "maxItems": most, **more}


def without_steps(schema: Any) -> Any:
    """A schema without `multipleOf`, which doubles do not keep: to a validator 0.07 is no multiple of 0.01."""
    if isinstance(schema, list):
        return [without_steps(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: without_steps(each) for name, each in schema.items() if name != "multipleOf"}


def schemas() -> list[dict[str, Any]]:
    """All forty."""
    numbers = [
        {"type": "integer"},
        {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
        {"type": "integer", "minimum": 7, "maximum": 7},
        {"type": "integer", "exclusiveMinimum": -1000, "exclusiveMaximum": -1},
        {"type": "number"},
        {"type": "number", "minimum": 0, "maximum": 1},
        {"type": "number", "minimum": 1e-9, "maximum": 2e-9},
        {"type": "number", "minimum": -99.99, "maximum": 1234.5, "multipleOf": 0.01},
        {"type": "number", "minimum": -(2**53), "maximum": 2**53},
        {"type": "number", "minimum": 1e15, "maximum": 1e300},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.001},
    ]
    kept = [of(value=number, why=text(16)) for number in numbers]
    kept += [of(label={"type": "string", "enum": WORDS[:count]}) for count in (2, 5, 10)]
    kept += [
        of(labels={"type": "array", "uniqueItems": True, "items": {"enum": WORDS[:count]}, "minItems": least, **limit})
        for count, least, limit in ((4, 0, {}), (10, 2, {}), (10, 1, {"maxItems": 2}))
    ]
    kept += [
        of(day={"type": "string", "format": "date"}),
        of(day={"type": ["string", "null"], "format": "date"}, sure={"type": "boolean"}),
        of(id={"type": "string", "format": "uuid"}, at={"type": "string", "format": "ipv4"}),
        of(code={"type": "string", "pattern": "^[A-Z]{2}-[0-9]{3,5}$"}),
        of(word={"type": "string", "enum": [*WORDS, None], "description": "With a value that is no text"}),
        of(any={"anyOf": [{"type": "integer"}, text(8), {"type": "null"}, some(text(4))]}),
        of(one={"oneOf": [{"const": 'a "quoted" one'}, {"type": "number", "maximum": 5}]}),
        of(fixed={"const": {"version": 1, "parts": ["x", {"y": None}]}}, note=text(10)),
        of(**{"naïve key": text(6), 'a "key"': {"type": "boolean"}, "日本": {"type": "null"}}),
        {
            "type": "object",
            "properties": {"a": text(8), "b": {"type": "integer"}, "c": {"type": "boolean"}},
            "required": ["b"],
        },
        {"type": "object", "properties": {"a": text(8), "b": {"type": "integer"}}, "additionalProperties": False},
        {
            "$ref": "#/$defs/pair",
            "$defs": {"pair": of(left={"$ref": "#/$defs/side"}, right={"$ref": "#/$defs/side"}), "side": text(12)},
        },
        of(a=of(b=of(c=of(d={"type": "integer", "minimum": 0, "maximum": 9})))),
        of(
            rows=some(of(name=text(8), cells=some({"type": "integer", "minimum": -9, "maximum": 99}, 3, minItems=1)), 2)
        ),
        some(of(kind={"enum": WORDS[:4]}, sure={"type": "number", "minimum": 0, "maximum": 1, "multipleOf": 0.001}), 3),
        some(some(some({"type": "boolean"}, 2), 2), 2),
        of(
            sum={"type": ["integer", "null"], "minimum": -5},
            parts={"type": "array", "items": {"const": 0}, "maxItems": 0},
        ),
    ]
    for most, least in product((1, 12, 60), (0, 1)):
        kept.append(
            of(subject=text(most, minLength=least), claims=some(of(text=text(14), quote=text(10)), 2, minItems=least))
        )
    return kept
