"""Read a JSON Schema strictly: each keyword by its place, what is not known refused, references within it followed.

Pure.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

TYPES: Final = ("null", "boolean", "integer", "number", "string", "array", "object")
# Words about a value that do not change which values are allowed.
NOTES: Final = frozenset(
    {"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$schema", "$id", "$comment"}
    | {"$defs", "definitions", "$anchor"}
)
KNOWN: Final = frozenset(
    {"$ref", "anyOf", "oneOf", "allOf", "enum", "const", "type"}
    | {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
    | {"minLength", "maxLength", "pattern", "format"}
    | {"items", "minItems", "maxItems", "uniqueItems"}
    | {"properties", "required", "additionalProperties"}
)
# Limits that values of `enum` and `const` are compared with.
BESIDE_VALUES: Final = frozenset(
    {"enum", "const", "type", "minLength", "maxLength"}
    | {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
)
LONGEST: Final = 100_000
MOST_ITEMS: Final = 10_000
# Beyond whole numbers of 64 bits.
FARTHEST: Final = 10**19


class SchemaRefusedError(ValueError):
    """A schema that decoding cannot be held to; names the keyword and its place."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place} {problem}")
        self.place = place


@dataclass(frozen=True)
class Place:
    """Place in a schema: names from the root, and the references that were followed on the way."""

    root: object
    path: tuple[str, ...] = ()
    followed: tuple[str, ...] = ("#",)

    def at(self, *names: object) -> Place:
        return Place(self.root, (*self.path, *map(str, names)), self.followed)

    def refusal(self, keyword: str, problem: str) -> SchemaRefusedError:
        path = ".".join(("schema", *self.path, *([keyword] if keyword else [])))
        return SchemaRefusedError(path, problem)

    def check_keywords(self, schema: Mapping[str, Any]) -> None:
        """Refuse what is no keyword that decoding can be held to."""
        for name in schema:
            if name not in KNOWN and name not in NOTES and not name.startswith("x-"):
                raise self.refusal(name[:80], "is not supported: decoding cannot be held to it")
        whole = [name for name in ("$ref", "anyOf", "oneOf", "allOf") if name in schema]
        siblings = sorted(name for name in schema if name in KNOWN and name not in whole[:1])
        if whole and siblings and not (siblings == ["type"] and whole[0] != "$ref"):
            raise self.refusal(whole[0], f"cannot be combined with '{siblings[0]}' at the same place")

    def resolved(self, reference: object) -> tuple[object, Place]:
        """The schema that a reference points at.

        Raises:
            SchemaRefusedError: It points out of the schema, at nothing, or at a schema that holds the reference itself.
        """
        if not isinstance(reference, str) or not reference.startswith("#"):
            raise self.refusal("$ref", "may point into the schema itself alone, as in #/$defs/name")
        if reference in self.followed:
            raise self.refusal("$ref", f"'{reference[:80]}' holds itself: a value could be endless")
        target = self.root
        for name in reference.lstrip("#").strip("/").split("/") if reference.strip("#/") else ():
            name = name.replace("~1", "/").replace("~0", "~")
            if not isinstance(target, dict) or name not in target:
                raise self.refusal("$ref", f"'{reference[:80]}' points at nothing")
            target = target[name]
        return target, Place(self.root, self.path, (*self.followed, reference))

    def fixed_values(self, schema: Mapping[str, Any]) -> list[Any]:
        """Values of `enum` and `const` that are of the schema's type and within its other limits.

        Raises:
            SchemaRefusedError: None is left, or a limit stands beside them that is not compared with values.
        """
        keyword = "enum" if "enum" in schema else "const"
        values = schema["enum"] if "enum" in schema else [schema["const"]]
        if not isinstance(values, list) or not values:
            raise self.refusal("enum", "must be a list with at least one value")
        if more := sorted(set(schema) & KNOWN - BESIDE_VALUES):
            raise self.refusal(more[0], f"cannot be combined with '{keyword}' at the same place")
        if "const" in schema:
            values = [value for value in values if _text_of(value) == _text_of(schema["const"])]
        if "type" in schema:
            allowed = types_of(schema, self)
            values = [value for value in values if any(_is_of(value, kind) for kind in allowed)]
            if not values:
                raise self.refusal("enum", "holds no value of its type")
        values = [value for value in values if self._is_within(value, schema)]
        if not values:
            raise self.refusal(keyword, "holds no value that the limits beside it allow")
        return values

    def _is_within(self, value: object, schema: Mapping[str, Any]) -> bool:
        if isinstance(value, str):
            least, most = self.lengths(schema, "minLength", "maxLength")
            return least <= len(value) and (most is None or len(value) <= most)
        if not _is_of(value, "number"):
            return True
        number, step = Decimal(repr(value)), self._number(schema, "multipleOf")
        if step is not None and step <= 0:
            raise self.refusal("multipleOf", "must be above 0")
        low, low_is_out = self._closer(schema, "minimum", "exclusiveMinimum", max)
        high, high_is_out = self._closer(schema, "maximum", "exclusiveMaximum", min)
        return (
            (low is None or low < number or (low == number and not low_is_out))
            and (high is None or number < high or (high == number and not high_is_out))
            and (step is None or Fraction(number) % Fraction(step) == 0)
        )

    def bounds(self, schema: Mapping[str, Any]) -> tuple[Decimal | None, Decimal | None, bool, bool]:
        """The least and the greatest number, and for each whether it is itself left out."""
        low, low_is_out = self._closer(schema, "minimum", "exclusiveMinimum", max)
        high, high_is_out = self._closer(schema, "maximum", "exclusiveMaximum", min)
        if (low is not None and low > FARTHEST) or (high is not None and high < -FARTHEST):
            raise self.refusal("minimum" if low is not None and low > FARTHEST else "maximum", "lies too far from zero")
        # Numbers without a bound have fifteen digits at most, which is nearer.
        low = None if low is not None and low < -FARTHEST else low
        high = None if high is not None and high > FARTHEST else high
        return low, high, low_is_out and low is not None, high_is_out and high is not None

    def _closer(
        self, schema: Mapping[str, Any], within: str, beyond: str, closer: Callable[[Decimal, Decimal], Decimal]
    ) -> tuple[Decimal | None, bool]:
        first, second = self._number(schema, within), self._number(schema, beyond)
        if first is None or second is None:
            return (first, False) if second is None else (second, True)
        return closer(first, second), closer(first, second) == second

    def decimals(self, schema: Mapping[str, Any], *, most: int) -> int | None:
        """Decimals that `multipleOf` allows; None where it does not stand.

        Raises:
            SchemaRefusedError: It is no power of ten, or has more decimals than allowed.
        """
        step = self._number(schema, "multipleOf")
        if step is None:
            return None
        sign, digits, exponent = step.normalize().as_tuple()
        if sign or digits != (1,) or not isinstance(exponent, int) or not -most <= exponent <= 0:
            raise self.refusal("multipleOf", f"may be 1{', 0.1, 0.01 and so on' if most else ''} alone")
        return -exponent

    def _number(self, schema: Mapping[str, Any], name: str) -> Decimal | None:
        value = schema.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self.refusal(name, "must be a number")
        return Decimal(repr(value))

    def lengths(self, schema: Mapping[str, Any], low: str, high: str) -> tuple[int, int | None]:
        limit = LONGEST if low == "minLength" else MOST_ITEMS
        bounds = [schema.get(low, 0), schema.get(high)]
        for name, value in zip((low, high), bounds, strict=True):
            is_whole = isinstance(value, int) and not isinstance(value, bool)
            if value is not None and not (is_whole and 0 <= value <= limit):
                raise self.refusal(name, f"must be a whole number from 0 to {limit}")
        least, most = bounds
        if most is not None and least > most:
            raise self.refusal(low, f"{least} is above {high} {most}")
        return least or 0, most

    def properties(self, schema: Mapping[str, Any]) -> dict[str, tuple[object, Place]]:
        """Properties by name, with the place of each."""
        subschemas = schema.get("properties", {})
        if not isinstance(subschemas, dict):
            raise self.refusal("properties", "must be an object")
        more = schema.get("additionalProperties", True)
        if not isinstance(more, bool) and (more or not subschemas):
            raise self.refusal("additionalProperties", "must be true or false: names that are open cannot be held to")
        return {name: (sub, self.at("properties", name)) for name, sub in subschemas.items()}

    def required(self, schema: Mapping[str, Any], properties: Mapping[str, object]) -> frozenset[str]:
        names = schema.get("required", [])
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise self.refusal("required", "must be a list of names")
        if unknown := sorted(set(names) - set(properties)):
            raise self.refusal("required", f"names '{unknown[0][:80]}', which is none of the properties")
        return frozenset(names)


def options_of(schema: Mapping[str, Any], place: Place) -> list[tuple[object, Place]]:
    """Alternatives of a schema, any of which may be written; none where it has no such keyword.

    Raises:
        SchemaRefusedError: `oneOf` whose alternatives are not told apart by type or value, `allOf` of several, or an
            alternative of none of the types beside them.
    """
    keyword = next((name for name in ("anyOf", "oneOf", "allOf") if name in schema), None)
    if keyword is None:
        return []
    options = schema[keyword]
    if not isinstance(options, list) or not options:
        raise place.refusal(keyword, "must be a list with at least one schema")
    if keyword == "allOf" and len(options) > 1:
        raise place.refusal(keyword, "is not supported for more than one schema")
    if keyword == "oneOf" and len(options) > 1 and not _are_apart(options):
        raise place.refusal(keyword, "is supported where its schemas are of different types or values; use anyOf")
    kinds = types_of(schema, place) if "type" in schema else None
    return [_narrowed(option, place.at(keyword, number), kinds) for number, option in enumerate(options)]


def _narrowed(option: object, place: Place, kinds: list[str] | None) -> tuple[object, Place]:
    """Add the types that stand beside all alternatives to one of them."""
    if kinds is None:
        return option, place
    if not isinstance(option, dict):
        return ({"type": kinds} if option is True else option), place
    if "$ref" in option:
        place.check_keywords(option)
        return _narrowed(*place.resolved(option["$ref"]), kinds)
    own = types_of(option, place) if "type" in option else kinds
    shared = [kind for kind in own if kind in kinds or (kind == "integer" and "number" in kinds)]
    shared += ["integer"] if "integer" in kinds and "number" in own else []
    if not shared:
        raise place.refusal("type", f"is none of those beside it: {', '.join(kinds)}")
    return {**option, "type": shared}, place


def types_of(schema: Mapping[str, Any], place: Place) -> list[str]:
    """Types that a schema names, or those that its keywords are about.

    Raises:
        SchemaRefusedError: A type is none of JSON's.
    """
    names = schema.get("type")
    if names is None:
        return _implied(schema) or list(TYPES)
    kinds = names if isinstance(names, list) else [names]
    for kind in kinds:
        if not isinstance(kind, str) or kind not in TYPES:
            raise place.refusal("type", f"must be one of {', '.join(TYPES)}")
    if not kinds:
        raise place.refusal("type", "must name a type")
    return [kind for kind in dict.fromkeys(kinds) if not (kind == "integer" and "number" in kinds)]


def _implied(schema: Mapping[str, Any]) -> list[str]:
    about = {
        "object": ("properties", "required", "additionalProperties"),
        "array": ("items", "minItems", "maxItems", "uniqueItems"),
        "string": ("minLength", "maxLength", "pattern", "format"),
        "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    }
    return [kind for kind, names in about.items() if any(name in schema for name in names)][:1]


def _are_apart(options: list[Any]) -> bool:
    """Test that no value fits two schemas: each has one type of its own, or values of its own."""
    kinds: list[str] = []
    for option in options:
        type_name = option.get("type") if isinstance(option, dict) else None
        values = (
            option.get("enum", [option["const"]] if "const" in option else None) if isinstance(option, dict) else None
        )
        if isinstance(values, list):
            kinds += [f"{type(value).__name__} {value!r}" for value in values]
        elif isinstance(type_name, str):
            kinds.append("number" if type_name == "integer" else type_name)
        else:
            return False
    plain = {kind for kind in kinds if " " not in kind}
    python = {"str": "string", "int": "number", "float": "number", "bool": "boolean", "NoneType": "null"}
    clash = {python.get(kind.split(" ")[0], "") for kind in kinds if " " in kind} & plain
    return len(set(kinds)) == len(kinds) and not clash


def _text_of(value: object) -> str:
    """JSON that tells 1 from true, which are equal in Python."""
    return json.dumps(value, sort_keys=True)


def _is_of(value: object, kind: str) -> bool:
    if isinstance(value, bool) or value is None:
        return kind == ("null" if value is None else "boolean")
    if isinstance(value, int | float):
        return kind == "number" or (kind == "integer" and value == int(value))
    return isinstance(value, {"string": str, "array": list, "object": dict}.get(kind, ()))
