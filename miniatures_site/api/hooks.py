"""Additions to the schema that drf-spectacular makes: `/v1`, refusals, and an example of each operation."""

from __future__ import annotations

from typing import Any, Final

from miniatures_site.api import examples
from serving.v1 import openapi
from web.http.problem_shape import CONTENT_TYPE

_REFUSALS: Final = {
    "401": "No valid token or session",
    "403": "Not allowed to this member or token",
    "404": "Not there, or not visible to this member",
    "4XX": "Any other refusal; its code says which",
}


def complete(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Complete a schema, in place."""
    _add_refusals(result)
    result["paths"] |= openapi.PATHS
    result["components"].setdefault("schemas", {}).update(openapi.SCHEMAS)
    _lift_defaults(result)
    examples.add_examples(result)
    return result


def _add_refusals(result: dict[str, Any]) -> None:
    """Declare on each operation the refusals that any may answer with; 404 where its address names a thing."""
    content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
    shared = {status: {"description": words, "content": content} for status, words in _REFUSALS.items()}
    result["components"]["responses"] = shared
    for path, operations in result["paths"].items():
        for operation in operations.values():
            for status in shared if "{" in path else ("401", "403", "4XX"):
                operation["responses"].setdefault(status, {"$ref": f"#/components/responses/{status}"})


def _lift_defaults(value: Any) -> None:
    """Put a default beside `oneOf`: drf-spectacular has it in one form, which may forbid it."""
    if isinstance(value, dict):
        for form in value.get("oneOf", ()):
            if "default" in form:
                value["default"] = form.pop("default")
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _lift_defaults(each)
