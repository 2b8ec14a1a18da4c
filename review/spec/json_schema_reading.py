"""Reader of a JSON Schema, ours or another within the subset, into fields of a task's output. Pure Python."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from review.spec.json_schema import ORDERED
from review.spec.schema import DEEPEST, OutputField, OutputItem, check_output
from review.spec.value_types import output_types

_NAME = re.compile(r"^[a-z][a-z0-9_]{0,39}$")
# Keywords that inform people and constrain no value.
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
    """Schema outside the subset; names the place, the keyword or value there, and the supported ones."""


def fields_from_json_schema(schema: object) -> tuple[OutputField, ...]:
    """Read the fields of a task's output from a JSON Schema.

    Args:
        schema: Parsed object schema; `$ref` to its own `$defs` is followed.

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
    def __init__(self, root: Mapping[str, Any]) -> None:
        self._defs = {
            f"#/{place}/{name}": each
            for place in ("$defs", "definitions")
            for name, each in _members(root, place, f"/{place}").items()
        }

    def resolved(self, schema: object, where: str, depth: int = 0) -> dict[str, Any]:
        """Return the schema with its reference followed and `null` removed from a union, noted as `nullable`."""
        if not isinstance(schema, dict):
            raise SchemaError(f"{where or '/'}: {schema!r} is not a schema, expected an object")
        if depth > 8:
            raise SchemaError(f"{where}: the schema refers to itself")
        if "$ref" in schema:
            target = self._defs.get(str(schema["$ref"]))
            if not isinstance(target, dict):
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
        cases = _members(schema, union, f"{where}/{union}", list)
        members = [each for each in cases if not (isinstance(each, dict) and each.get("type") == "null")]
        if len(members) != 1 or len(members) == len(cases):
            raise SchemaError(
                f"{where}/{union}: only one schema or null is known; split the cases into separate fields"
            )
        others = {name: value for name, value in schema.items() if name != union}
        return {**self.resolved(members[0], f"{where}/{union}/0", depth + 1), **others, "nullable": True}

    def properties(self, schema: dict[str, Any], where: str) -> Iterator[dict[str, Any]]:
        self._check_words(schema, "object", where)
        if where.count("/properties/") > DEEPEST:
            # A part may refer to what it is a part of.
            raise SchemaError(f"{where}: parts within parts go {DEEPEST} levels deep at most")
        if schema.get("additionalProperties") not in (None, False):
            raise SchemaError(
                f"{where}/additionalProperties: other properties than the named ones cannot be judged; set false"
            )
        properties = _members(schema, "properties", f"{where}/properties")
        if not properties:
            raise SchemaError(f"{where}/properties: the object names no property")
        required = _members(schema, "required", f"{where}/required", list)
        if unknown := next((name for name in required if name not in list(properties)), None):
            raise SchemaError(f"{where}/required: {unknown!r} is not among the properties")
        for name, names in properties.items():
            place = f"{where}/properties/{name}"
            if not _NAME.match(name):
                raise SchemaError(f"{place}: the name '{name}' is not a field name; use small letters, digits and _")
            part = self.resolved(names, place)
            yield {
                "name": name,
                "required": name in required and not part.get("nullable", False),
                **_said(part),
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
        numbers = {name: part[name] for name in ("minimum", "maximum") if part.get(name) is not None}
        if part.get("multipleOf") is not None:
            numbers["decimals"] = _decimals(part["multipleOf"], where)
        return {"type": kind, **numbers}

    def _items(self, part: dict[str, Any], where: str) -> tuple[OutputItem, ...]:
        return tuple(OutputItem(**each) for each in self.properties(part, where))

    def _array(self, part: dict[str, Any], where: str) -> dict[str, Any]:
        _refuse_least(part, "minItems", where)
        inner = self.resolved(part.get("items"), f"{where}/items") if "items" in part else {}
        if "enum" not in inner:
            _refuse(part, ("uniqueItems",), where, "for items other than labels")
        if inner.get("type") == "object":
            return {"type": "list", "items": self._items(inner, f"{where}/items")}
        if inner.get("type") == "string":
            self._check_words(inner, "string", f"{where}/items")
            text = _string(inner, f"{where}/items")
            if "labels" in text:
                return {"type": "choices", "labels": text["labels"]}
            _refuse(inner, ("pattern", "maxLength", "format"), f"{where}/items", "for texts of a list")
            return {"type": "list"}
        raise SchemaError(f"{where}/items: a list holds texts, labels or objects, not {inner.get('type')!r}")

    def _check_words(self, part: dict[str, Any], kind: str, where: str) -> None:
        allowed = _KNOWN[kind] | _IGNORED | {"type", "description", "nullable", "$defs", "definitions"}
        if unknown := sorted(set(part) - allowed):
            raise SchemaError(
                f"{where}/{unknown[0]}: '{unknown[0]}' is not known for {kind}; "
                f"there is {', '.join(sorted(_KNOWN[kind]))}"
            )


def _members(part: Mapping[str, Any], name: str, where: str, kind: type[Any] = dict) -> Any:
    """Return what a keyword holds, an object or a list; an empty one where it is missing."""
    value = part.get(name)
    if value is not None and not isinstance(value, kind):
        raise SchemaError(f"{where}: {value!r} is not a {'list' if kind is list else 'JSON object'}")
    return value or kind()


def _said(part: dict[str, Any]) -> dict[str, Any]:
    """Return the description, and `ordered` where it has the words of our own schemas for ordered labels."""
    text = str(part.get("description") or "")
    if "enum" not in part or ORDERED not in text:
        return {"description": text}
    return {"description": " ".join(text.replace(ORDERED, "").split()), "ordered": True}


def _refuse(part: dict[str, Any], names: tuple[str, ...], where: str, place: str) -> None:
    """Refuse constraints that no field could hold its values to."""
    for name in names:
        if part.get(name):
            raise SchemaError(f"{where}/{name}: '{name}' is not known {place}")


def _refuse_least(part: dict[str, Any], name: str, where: str) -> None:
    if part.get(name) not in (None, 0, 1):
        raise SchemaError(f"{where}/{name}: {part[name]!r} is not known; there is 0 and 1")


def _string(part: dict[str, Any], where: str) -> dict[str, Any]:
    _refuse_least(part, "minLength", where)
    if "enum" in part:
        _refuse(part, ("const", "pattern", "maxLength", "format"), where, "beside enum")
        return {"type": "choice", "labels": _labels(part, where)}
    if "const" in part:
        raise SchemaError(f"{where}/const: a value that is always the same needs no field")
    if form := part.get("format"):
        by_format = {each.format: name for name, each in output_types().items() if each.format}
        if form not in by_format:
            raise SchemaError(f"{where}/format: '{form}' is not known; there is {', '.join(by_format)}")
        _refuse(part, ("pattern", "maxLength"), where, "beside format")
        return {"type": by_format[form]}
    return {"type": "text", "max_chars": part.get("maxLength"), "pattern": part.get("pattern") or ""}


def _labels(part: dict[str, Any], where: str) -> tuple[dict[str, str], ...]:
    names = [each for each in _members(part, "enum", f"{where}/enum", list) if each is not None]
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
