"""Refusal of names in a body that are no fields: a misspelt one would silently change nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from itertools import islice
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from web.http.known_parameters import declared_schema, unknown
from web.http.problem_shape import ProblemDetails

# Of a body full of such names so many are told, and so much of each.
MOST, LONGEST_PATH, LONGEST_NAME = 20, 200, 80


def unknown_fields(body: serializers.BaseSerializer[Any], request: Request) -> dict[str, list[str]]:
    """Return messages by dotted path for names that are no fields of the body.

    What a GET of the same address gave may be sent back changed: the names of its answer are passed over.

    Args:
        body: The shape with the data of the request.
        request: A POST, PUT or PATCH.
    """
    data = getattr(body, "initial_data", None)
    if next(_mistakes(body, data, [], ""), None) is None:
        return {}
    answers = list(_answers(request.parser_context["view"]))
    return dict(islice(_mistakes(body, data, answers, ""), MOST))


def _mistakes(
    shape: object, data: object, answers: list[serializers.Serializer[Any]], path: str
) -> Iterator[tuple[str, list[str]]]:
    if isinstance(shape, serializers.ListSerializer | serializers.ListField) and isinstance(data, list):
        for place, entry in enumerate(data):
            yield from _mistakes(shape.child, entry, answers, f"{path}[{place}]")
    if not isinstance(shape, serializers.Serializer) or not isinstance(data, Mapping):
        return
    names = {str(name): field for name, field in shape.fields.items()}
    returned = {name for answer in answers for name in answer.fields}
    for name, value in data.items():
        dotted = f"{path}.{name}" if path else str(name)
        if name in names:
            parts = [part for answer in answers if (part := _serializer(answer.fields.get(name)))]
            yield from _mistakes(names[name], value, parts, dotted)
        elif name not in returned:
            yield dotted[:LONGEST_PATH], [_message(str(name)[:LONGEST_NAME], list(names))]


def _message(name: str, names: list[str]) -> str:
    near = get_close_matches(name, names)
    return f"There is no field '{name}'; nearest: {', '.join(near)}." if near else unknown("field", name, names)


def _answers(view: APIView) -> Iterator[serializers.Serializer[Any]]:
    """Yield the shapes of what a GET of this address gives, or the change itself, as `extend_schema` declares them."""
    method = (view.request.method or "").lower()
    for name in {"get", method} - {"post"}:
        schema = declared_schema(getattr(view, name, None), view)
        shapes = schema.get_response_serializers() if schema else None
        for shape in shapes.values() if isinstance(shapes, Mapping) else [shapes]:
            answer = shape() if isinstance(shape, type) else shape
            if isinstance(answer, serializers.Serializer) and not isinstance(answer, ProblemDetails):
                yield answer


def _serializer(shape: object) -> serializers.Serializer[Any] | None:
    """Return the shape of an object, or of a list's objects; None for any other."""
    shape = shape.child if isinstance(shape, serializers.ListSerializer | serializers.ListField) else shape
    return shape if isinstance(shape, serializers.Serializer) else None
