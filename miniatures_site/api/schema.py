"""The API's schema, made once per process however many ask first: code does not change under it.

drf-spectacular keeps what it looks at on classes that all requests share, so that two who make a schema at once break
each other's.
"""

from __future__ import annotations

import threading
from typing import Any, Final

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.settings import APISettings

from miniatures_site.api import examples
from serving.v1 import openapi
from web.http.problem_shape import CONTENT_TYPE

_making = threading.Lock()
_made: dict[str, Any] | None = None


def whole() -> dict[str, Any]:
    """Return the schema of OpenAPI; nobody may change what comes."""
    global _made
    with _making:
        if _made is None:
            _made = SchemaGenerator().get_schema(request=None, public=True)
        return _made


class SharedSchema(SchemaGenerator):
    """Gives a view the schema that all share."""

    def get_schema(self, request: object = None, public: bool = False) -> dict[str, Any]:
        """Return it, whoever asks: what one may do is asked at each endpoint."""
        return whole()


class _ByFormat(DefaultContentNegotiation):
    # Elsewhere in the API `?format=` is the format of a dataset file.
    settings: Any = APISettings({"URL_FORMAT_OVERRIDE": "format"})


class SchemaView(SpectacularAPIView):
    """The schema as YAML or JSON, by `?format=` or by `Accept`."""

    generator_class = SharedSchema
    content_negotiation_class = _ByFormat


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
