"""A task's output as JSON Schema 2020-12, and fields from a schema that somebody has. Pure Python.

The subset is what providers' strict modes, a compiled grammar and the desk all know: objects with every property required
and no others, arrays, strings, numbers, booleans, days and enums, nested as deep as fields may be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from review.spec.schema import OutputField, OutputItem, check_output
from review.spec.task_spec import TaskSpec

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NAME = re.compile(r"^[a-z][a-z0-9_]{0,39}$")
# Words that say something for people, and change no value.
_IGNORED = frozenset(
    {"$schema", "$id", "$comment", "title", "examples", "default", "deprecated", "readOnly", "writeOnly"}
)
_KNOWN: dict[str, frozenset[str]] = {
    "object": frozenset({"properties", "required", "additionalProperties"}),
    "array": frozenset({"items", "uniqueItems", "minItems"}),
    "string": frozenset({"enum", "const", "pattern", "maxLength", "minLength", "format"}),
    "integer": frozenset({"minimum", "maximum"}),
    "number": frozenset({"minimum", "maximum", "multipleOf"}),
    "boolean": frozenset(),
}


class SchemaError(ValueError):
    """A schema outside the subset; says where, what stands there, and what is known."""


def output_json_schema(spec: TaskSpec, *, bounds: bool = True) -> dict[str, Any]:
    """One object with every field of the output, none optional: strict modes refuse a member that may be missing.

    Args:
        spec: The task version.
        bounds: Whether ranges, lengths and patterns stand as keywords. Some providers refuse those; the descriptions say
            them in words either way.
    """
    return _object(spec.output_schema, spec.slots, bounds=bounds)


def document(spec: TaskSpec) -> dict[str, Any]:
    """The same as a document of its own, for readers that ask which dialect it is in."""
    return {"$schema": DIALECT, **output_json_schema(spec)}


def _object(fields: tuple[OutputItem, ...], slots: tuple[str, ...], *, bounds: bool) -> dict[str, Any]:
    properties = {field.name: _field(field, slots, bounds=bounds) for field in fields}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _field(field: OutputItem, slots: tuple[str, ...], *, bounds: bool) -> dict[str, Any]:
    schema = _typed(field, slots, bounds=bounds)
    is_nullable = not field.required and field.type in ("choice", "integer", "number", "boolean", "date", "object")
    if is_nullable:
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    said = _described(field, is_nullable=is_nullable)
    if slots and field.type == "text" and isinstance(field, OutputField) and field.role in ("", "body"):
        said.append(f"Placeholders stay as they are: {', '.join(f'{{{{{slot}}}}}' for slot in slots)}.")
    text = " ".join(words.strip() for words in said if words.strip())
    return schema | {"description": text} if text else schema


def _typed(field: OutputItem, slots: tuple[str, ...], *, bounds: bool) -> dict[str, Any]:
    names = [label.name for label in field.labels]
    if field.type == "list":
        of = _object(field.items, slots, bounds=bounds) if field.items else {"type": "string"}
        return {"type": "array", "items": of}
    if field.type == "object":
        return _object(field.items, slots, bounds=bounds)
    if field.type == "choice":
        return {"type": "string", "enum": names}
    if field.type == "choices":
        schema: dict[str, Any] = {"type": "array", "items": {"type": "string", "enum": names}}
        return schema | ({"uniqueItems": True} if bounds else {})
    if field.type in ("integer", "number"):
        return {"type": field.type} | (_range(field) if bounds else {})
    if field.type == "boolean":
        return {"type": "boolean"}
    if field.type == "date":
        return {"type": "string", "format": "date"}
    keywords = {"maxLength": field.max_chars, "pattern": field.pattern or None} if bounds else {}
    return {"type": "string"} | {name: value for name, value in keywords.items() if value is not None}


def _range(field: OutputItem) -> dict[str, Any]:
    bounds = {"minimum": field.minimum, "maximum": field.maximum}
    found: dict[str, Any] = {
        name: int(value) if value == int(value) else value for name, value in bounds.items() if value is not None
    }
    if field.type == "number" and field.decimals is not None:
        found["multipleOf"] = 1 if field.decimals == 0 else float(f"1e-{field.decimals}")
    return found


def _described(field: OutputItem, *, is_nullable: bool) -> list[str]:
    lengths = (
        ("At least", field.min_words, "words"),
        ("At most", field.max_words, "words"),
        ("At most", field.max_chars, "characters"),
    )
    words = [field.description, *(f"{how} {count} {what}." for how, count, what in lengths if count)]
    if isinstance(field, OutputField) and not field.required:
        words.append("Null if there is nothing to say." if is_nullable else "Empty if there is nothing to say.")
    labels = [f"{label.name}: {label.description}" for label in field.labels if label.description]
    if labels:
        words.append("; ".join(labels) + ".")
    if field.ordered:
        words.append("The labels go from least to most.")
    if field.minimum is not None:
        words.append(f"At least {field.minimum:.15g}.")
    if field.maximum is not None:
        words.append(f"At most {field.maximum:.15g}.")
    if field.decimals is not None:
        words.append(f"At most {field.decimals} decimals.")
    if field.unit:
        words.append(f"In {field.unit}.")
    if field.pattern:
        words.append(f"Matches {field.pattern}.")
    if field.type == "quote":
        words.append("Copied letter by letter from the facts.")
    return words


def fields_from_json_schema(schema: object) -> tuple[OutputField, ...]:
    """Read the fields of a task's output from a JSON Schema.

    Args:
        schema: An object schema as JSON gives it; `$ref` to its own `$defs` is followed.

    Raises:
        SchemaError: A keyword, a type or a name is outside the subset; names its place as a JSON Pointer.
    """
    if not isinstance(schema, dict):
        raise SchemaError(f"the schema is {type(schema).__name__}, expected a JSON object")
    reader = _Reader(schema)
    top = reader.resolved(schema, "")
    if top.get("type") != "object":
        raise SchemaError(f"/type: the whole is {top.get('type')!r}, expected 'object' with one property a field")
    try:
        fields = tuple(OutputField(**parts) for parts in reader.properties(top, ""))
        check_output(fields)
    except ValidationError as error:
        first = error.errors()[0]
        raise SchemaError(
            f"{'/'.join(map(str, ('', *first['loc'])))}: {first['msg'].removeprefix('Value error, ')}"
        ) from None
    except SchemaError:
        raise
    except ValueError as error:
        raise SchemaError(str(error)) from None
    return fields


class _Reader:
    """Reads one schema; keeps its definitions."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._defs = {
            f"#/{place}/{name}": each
            for place in ("$defs", "definitions")
            for name, each in dict(root.get(place) or {}).items()
        }

    def resolved(self, schema: object, where: str, depth: int = 0) -> dict[str, Any]:
        """The schema itself, with a reference followed and `null` taken out of a union; `nullable` tells of that."""
        if not isinstance(schema, dict):
            raise SchemaError(f"{where or '/'}: {schema!r} is no schema, expected an object")
        if depth > 8:
            raise SchemaError(f"{where}: the schema refers to itself")
        if "$ref" in schema:
            target = self._defs.get(schema["$ref"])
            if target is None:
                raise SchemaError(f"{where}/$ref: '{schema['$ref']}' is not among $defs")
            others = {name: value for name, value in schema.items() if name != "$ref"}
            return self.resolved({**target, **others}, where, depth + 1)
        for union in ("anyOf", "oneOf"):
            if union in schema:
                return self._union(schema, union, where, depth)
        if isinstance(schema.get("type"), list):
            types = [each for each in schema["type"] if each != "null"]
            if len(types) != 1:
                raise SchemaError(f"{where}/type: one type beside null is known, not {schema['type']}")
            return {**schema, "type": types[0], "nullable": "null" in schema["type"]}
        if "enum" in schema and "type" not in schema:
            return {**schema, "type": "string"}
        return dict(schema)

    def _union(self, schema: dict[str, Any], union: str, where: str, depth: int) -> dict[str, Any]:
        members = [each for each in schema[union] if not (isinstance(each, dict) and each.get("type") == "null")]
        if len(members) != 1 or len(members) == len(schema[union]):
            raise SchemaError(
                f"{where}/{union}: only one schema or null is known; part the cases into fields of their own"
            )
        others = {name: value for name, value in schema.items() if name != union}
        return {**self.resolved(members[0], f"{where}/{union}/0", depth + 1), **others, "nullable": True}

    def properties(self, schema: dict[str, Any], where: str) -> Iterator[dict[str, Any]]:
        """The parts of an object, as `OutputField` and `OutputItem` take them."""
        self._check_words(schema, "object", where)
        if schema.get("additionalProperties") not in (None, False):
            raise SchemaError(
                f"{where}/additionalProperties: other properties than the named ones cannot be judged; set false"
            )
        properties = schema.get("properties")
        if not isinstance(properties, dict) or not properties:
            raise SchemaError(f"{where}/properties: the object names no property")
        required = set(schema.get("required") or ())
        for name, given in properties.items():
            place = f"{where}/properties/{name}"
            if not _NAME.match(name):
                raise SchemaError(f"{place}: the name '{name}' is no field name; use small letters, digits and _")
            part = self.resolved(given, place)
            yield {
                "name": name,
                "description": str(part.get("description") or ""),
                "required": name in required and not part.get("nullable", False),
                **self._typed(part, place),
            }

    def _typed(self, part: dict[str, Any], where: str) -> dict[str, Any]:
        kind = part.get("type")
        if not isinstance(kind, str) or kind not in _KNOWN:
            raise SchemaError(f"{where}/type: {kind!r} is not known; there is {', '.join(_KNOWN)}")
        self._check_words(part, kind, where)
        if kind == "object":
            return {"type": "object", "items": self._items(part, where)}
        if kind == "array":
            return self._array(part, where)
        if kind == "string":
            return _string(part, where)
        if kind == "boolean":
            return {"type": "boolean"}
        numbers = {name: part[name] for name in ("minimum", "maximum") if part.get(name) is not None}
        if part.get("multipleOf") is not None:
            numbers["decimals"] = _decimals(part["multipleOf"], where)
        return {"type": kind, **numbers}

    def _items(self, part: dict[str, Any], where: str) -> tuple[OutputItem, ...]:
        return tuple(OutputItem(**each) for each in self.properties(part, where))

    def _array(self, part: dict[str, Any], where: str) -> dict[str, Any]:
        inner = self.resolved(part.get("items"), f"{where}/items") if "items" in part else {}
        if inner.get("type") == "object":
            return {"type": "list", "items": self._items(inner, f"{where}/items")}
        if inner.get("type") == "string":
            self._check_words(inner, "string", f"{where}/items")
            return {"type": "choices", "labels": _labels(inner, where)} if "enum" in inner else {"type": "list"}
        raise SchemaError(f"{where}/items: a list holds texts, labels or objects, not {inner.get('type')!r}")

    def _check_words(self, part: dict[str, Any], kind: str, where: str) -> None:
        known = _KNOWN[kind] | _IGNORED | {"type", "description", "nullable", "$defs", "definitions"}
        if unknown := sorted(set(part) - known):
            raise SchemaError(
                f"{where}/{unknown[0]}: '{unknown[0]}' is not known for {kind}; there is {', '.join(sorted(_KNOWN[kind]))}"
            )


def _string(part: dict[str, Any], where: str) -> dict[str, Any]:
    if "enum" in part:
        return {"type": "choice", "labels": _labels(part, where)}
    if "const" in part:
        raise SchemaError(f"{where}/const: a value that is always the same needs no field")
    if part.get("format") == "date":
        return {"type": "date"}
    if part.get("format"):
        raise SchemaError(f"{where}/format: '{part['format']}' is not known; there is date")
    return {"type": "text", "max_chars": part.get("maxLength"), "pattern": part.get("pattern") or ""}


def _labels(part: dict[str, Any], where: str) -> tuple[dict[str, str], ...]:
    names = [each for each in part["enum"] if each is not None]
    if not all(isinstance(each, str) for each in names):
        raise SchemaError(
            f"{where}/enum: labels are texts; {next(each for each in names if not isinstance(each, str))!r} is none"
        )
    return tuple({"name": each} for each in names)


def _decimals(step: object, where: str) -> int:
    for decimals in range(13):
        if isinstance(step, (int, float)) and abs(step - 10**-decimals) < 1e-15:
            return decimals
    raise SchemaError(f"{where}/multipleOf: {step!r} is not known; there is 1, 0.1, 0.01 and so on")
