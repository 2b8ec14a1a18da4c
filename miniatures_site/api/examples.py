"""An example of each operation in the schema, made of the shapes it declares: body, answer, and a line for curl.

Pure; a test validates every example against its shape.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlencode

Shape = Mapping[str, Any]
VERBS: Final = ("get", "post", "put", "patch", "delete")
JSON: Final = "application/json"
SITE: Final = "http://127.0.0.1:8000"
DEEPEST: Final = 8
TEXTS: Final = {
    "uuid": "0b5c6f3e-6f0a-4f0e-9d0c-3a1f2b4c5d6e",
    "date": "2026-11-26",
    "date-time": "2026-11-26T09:30:00Z",
    "email": "ada@example.com",
    "uri": "https://example.com/",
    "decimal": "1.50",
    "time": "09:30:00",
}
NAMED: Final = {"slug": "outreach-e-mail", "task": "outreach-e-mail", "name": "Outreach e-mail", "username": "ada"}


def add_examples(schema: dict[str, Any]) -> None:
    """Add examples to each operation of a schema, in place."""
    shapes = schema.get("components", {}).get("schemas", {})
    for path, verb, operation in operations(schema):
        for _, holder in _holders(operation):
            for media in holder.get("content", {}).values():
                if "schema" in media and media["schema"].get("format") != "binary":
                    media.setdefault("example", example_of(media["schema"], shapes))
        operation["x-codeSamples"] = [{"lang": "Shell", "source": _curl(path, verb, operation, shapes)}]


def operations(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the operations with their paths and verbs."""
    for path, item in schema["paths"].items():
        yield from ((path, verb, item[verb]) for verb in VERBS if verb in item)


def example_of(shape: Shape, shapes: Mapping[str, Shape], *, name: str = "", depth: int = 0) -> Any:
    """Return a value of a shape; what is optional and deep is left out.

    Args:
        shapes: Components by name.
        name: Property that the value is of.
    """
    if "$ref" in shape:
        return example_of(shapes[shape["$ref"].rsplit("/", 1)[-1]], shapes, name=name, depth=depth + 1)
    for keyword in ("example", "default", "const"):
        if shape.get(keyword) not in (None, ""):
            return shape[keyword]
    if shape.get("enum"):
        return next((value for value in shape["enum"] if value not in ("", None)), shape["enum"][0])
    for several in ("oneOf", "anyOf"):
        if several in shape:
            return example_of(shape[several][0], shapes, name=name, depth=depth + 1)
    if "allOf" in shape:
        parts = [example_of(part, shapes, name=name, depth=depth + 1) for part in shape["allOf"]]
        return parts[0] if len(parts) == 1 else {key: value for part in parts for key, value in part.items()}
    return _of_type(shape, shapes, name, depth)


def _of_type(shape: Shape, shapes: Mapping[str, Shape], name: str, depth: int) -> Any:
    kinds = shape.get("type", "object" if "properties" in shape else "any")
    kind = next((each for each in kinds if each != "null"), "null") if isinstance(kinds, list) else kinds
    if kind == "object":
        return _object(shape, shapes, depth)
    if kind == "array":
        count = max(shape.get("minItems", 0), int(depth < DEEPEST))
        return [example_of(shape.get("items", {}), shapes, name=name, depth=depth + 1)] * count
    if kind == "string":
        return _text(shape, name)
    if kind in ("integer", "number"):
        least = shape.get("minimum", shape.get("exclusiveMinimum", 0) + ("exclusiveMinimum" in shape))
        return min(max(1, least), shape.get("maximum", max(1, least)))
    return {"boolean": True, "null": None}.get(kind, {})


def _object(shape: Shape, shapes: Mapping[str, Shape], depth: int) -> dict[str, Any]:
    required = shape.get("required", [])
    parts = {name: part for name, part in shape.get("properties", {}).items() if depth < DEEPEST or name in required}
    value = {name: example_of(part, shapes, name=name, depth=depth + 1) for name, part in parts.items()}
    if not value and isinstance(more := shape.get("additionalProperties"), Mapping) and depth < DEEPEST:
        value = {"company": example_of(more, shapes, depth=depth + 1)}
    return value


def _text(shape: Shape, name: str) -> str:
    text = TEXTS.get(shape.get("format", "")) or NAMED.get(name, "Northwind")
    if shape.get("pattern", "").startswith("^-?\\d"):
        text = "1.50"
    return text[: shape.get("maxLength")].ljust(shape.get("minLength", 0), "x")


def _holders(operation: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what holds content: the body, and each answer by its status."""
    if "requestBody" in operation:
        yield "body", operation["requestBody"]
    yield from ((str(status), answer) for status, answer in operation.get("responses", {}).items())


def _curl(path: str, verb: str, operation: Mapping[str, Any], shapes: Mapping[str, Shape]) -> str:
    query, line = {}, ["curl", "-X", verb.upper(), "-H", "Authorization: Bearer $TOKEN"]
    for each in operation.get("parameters", []):
        value = example_of(each.get("schema", {}), shapes, name=each["name"])
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", str(value))
        elif each["in"] == "query" and each.get("required"):
            query[each["name"]] = value
        elif each["in"] == "header" and (each.get("required") or each["name"] == "Idempotency-Key"):
            line += ["-H", f"{each['name']}: {value}"]
    content = operation.get("requestBody", {}).get("content", {})
    if JSON in content:
        line += ["-H", f"Content-Type: {JSON}", "-d", json.dumps(content[JSON].get("example", {}), ensure_ascii=False)]
    elif content:
        line += ["-F", "file=@records.csv"]
    address = f"{SITE}{path}{f'?{urlencode(query)}' if query else ''}"
    # The shell puts the token in: its argument stands in double quotes.
    return " ".join(f'"{part}"' if "$TOKEN" in part else shlex.quote(part) for part in [*line, address])
