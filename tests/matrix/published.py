"""The published schema as a judge of answers: what an endpoint may answer, and what in an answer differs from that."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator, FormatChecker

from tests.matrix.routes import Route

FORMATS = FormatChecker()


@FORMATS.checks("date-time", raises=ValueError)
def _is_time(value: object) -> bool:
    # A time without its zone is none that a program could compare.
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@FORMATS.checks("uri", raises=ValueError)
def _is_address(value: object) -> bool:
    return not isinstance(value, str) or bool(urlsplit(value).scheme)


def generate() -> dict[str, Any]:
    """The schema as it is published."""
    return dict(SchemaGenerator().get_schema(request=None, public=True))  # type: ignore[no-untyped-call]


class Published:
    """What the schema declares of each route."""

    def __init__(self) -> None:
        self.schema = generate()
        self._components = {"schemas": _closed(self.schema["components"]["schemas"])}

    def operation(self, route: Route, method: str) -> dict[str, Any]:
        """What is declared of one method of a route; empty when nothing is."""
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", f"/{route.pattern}").replace("{pk}", "{id}")
        return dict(self.schema["paths"].get(path, {}).get(method.lower(), {}))

    def faults(self, route: Route, method: str, answer: Any) -> list[str]:
        """What differs between an answer and its declaration: status, media type, and each place of a JSON body."""
        declared = self.operation(route, method).get("responses", {})
        if str(answer.status_code) not in declared:
            return [f"status {answer.status_code} is not among {sorted(declared)}"]
        content = declared[str(answer.status_code)].get("content", {})
        media = answer.headers.get("Content-Type", "").partition(";")[0]
        if media not in content:
            return [] if not content and not media else [f"'{media}' is not among {sorted(content)}"]
        if media != "application/json":
            return []
        return self.differences(content[media]["schema"], answer.json())

    def differences(self, shape: dict[str, Any], body: Any) -> list[str]:
        """Places of a body that are not as the shape says."""
        judge = Draft202012Validator({**_closed(shape), "components": self._components}, format_checker=FORMATS)
        return [f"{error.json_path}: {error.message[:300]}" for error in judge.iter_errors(body)]

    def resolved(self, shape: dict[str, Any]) -> dict[str, Any]:
        """The component that a shape refers to, or the shape itself."""
        if "$ref" not in shape:
            return shape
        return dict(self.schema["components"]["schemas"][shape["$ref"].rpartition("/")[2]])


def _closed(shape: Any) -> Any:
    """The shape with every object closed that does not say that it is open."""
    if isinstance(shape, list):
        return [_closed(each) for each in shape]
    if not isinstance(shape, dict):
        return shape
    closed = {name: _closed(each) for name, each in shape.items()}
    if "properties" in shape and isinstance(shape["properties"], dict) and "additionalProperties" not in shape:
        closed["additionalProperties"] = False
    return closed
