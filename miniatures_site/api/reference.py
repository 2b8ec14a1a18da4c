"""The API reference as a page, drawn from the published schema."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from miniatures_site.api import schema

PREFIX = "/api/v1/"
VERBS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class SchemaProperty:
    name: str
    kind: str
    is_required: bool
    words: str


@dataclass(frozen=True, slots=True)
class Operation:
    verb: str
    path: str
    anchor: str
    summary: str
    words: str
    parameters: list[SchemaProperty]
    body: list[SchemaProperty]
    answers: list[SchemaProperty]
    example: str


@dataclass(slots=True)
class EndpointGroup:
    name: str
    operations: list[Operation] = field(default_factory=list)


@functools.cache
def groups() -> list[EndpointGroup]:
    """All operations by the first word of their path; made once per process: code does not change under it."""
    whole = schema.whole()
    by_word: dict[str, EndpointGroup] = {}
    for path, item in sorted(whole["paths"].items()):
        name = path.removeprefix(PREFIX).strip("/").split("/")[0]
        for verb in VERBS:
            if verb in item:
                by_word.setdefault(name, EndpointGroup(name)).operations.append(
                    _operation(whole, path, verb, item[verb])
                )
    return list(by_word.values())


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "api_reference.html", {"section": "settings", "groups": groups()})


def _operation(whole: Mapping[str, Any], path: str, verb: str, spec: Mapping[str, Any]) -> Operation:
    summary, _, words = str(spec.get("description", "")).strip().partition("\n")
    parameters = [
        SchemaProperty(
            each["name"], _kind(each.get("schema", {})), bool(each.get("required")), each.get("description", "")
        )
        for each in spec.get("parameters", [])
    ]
    return Operation(
        verb.upper(),
        path,
        spec["operationId"],
        spec.get("summary") or summary,
        words.strip(),
        parameters,
        list(_properties(whole, spec.get("requestBody", {}))),
        list(_answers(whole, spec.get("responses", {}))),
        spec["x-codeSamples"][0]["source"],
    )


def _properties(whole: Mapping[str, Any], holder: Mapping[str, Any]) -> Iterator[SchemaProperty]:
    content: Mapping[str, Any] = next(iter(holder.get("content", {}).values()), {})
    shape = _resolved(whole, content.get("schema", {}))
    if shape.get("type") == "array":
        shape = _resolved(whole, shape.get("items", {}))
    required = shape.get("required", [])
    for name, each in shape.get("properties", {}).items():
        yield SchemaProperty(name, _kind(each), name in required, each.get("description", ""))


def _answers(whole: Mapping[str, Any], responses: Mapping[str, Any]) -> Iterator[SchemaProperty]:
    # Refusals that any operation may answer with are left out.
    for status, answer in ((status, answer) for status, answer in responses.items() if "$ref" not in answer):
        names = ", ".join([each.name for each in _properties(whole, answer)] + _names_of_rows(whole, answer))
        yield SchemaProperty(str(status), names, is_required=False, words=answer.get("description", ""))


def _names_of_rows(whole: Mapping[str, Any], answer: Mapping[str, Any]) -> list[str]:
    content: Mapping[str, Any] = next(iter(answer.get("content", {}).values()), {})
    rows = _resolved(whole, content.get("schema", {})).get("properties", {}).get("results", {})
    return [f"results[].{name}" for name in _resolved(whole, rows.get("items", {})).get("properties", {})]


def _resolved(whole: Mapping[str, Any], shape: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in shape:
        return shape
    resolved: Mapping[str, Any] = whole["components"]["schemas"][shape["$ref"].rsplit("/", 1)[-1]]
    return resolved


def _kind(shape: Mapping[str, Any]) -> str:
    if "$ref" in shape:
        return str(shape["$ref"]).rsplit("/", 1)[-1]
    if "enum" in shape:
        return " | ".join(json.dumps(value) for value in shape["enum"])
    if shape.get("type") == "array":
        return f"list of {_kind(shape.get('items', {}))}"
    kinds = shape.get("type", "any")
    words = " or ".join(kinds) if isinstance(kinds, list) else str(kinds)
    return f"{words} ({shape['format']})" if "format" in shape else words
