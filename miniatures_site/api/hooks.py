"""Additions to the schema that drf-spectacular makes: `/v1`, and an example of each operation."""

from __future__ import annotations

from typing import Any

from miniatures_site.api import examples
from serving.v1 import openapi


def complete(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Complete a schema, in place."""
    result["paths"] |= openapi.PATHS
    result["components"].setdefault("schemas", {}).update(openapi.SCHEMAS)
    _lift_defaults(result)
    examples.add_examples(result)
    return result


def _lift_defaults(value: Any) -> None:
    """Put a default beside `oneOf`: drf-spectacular has it in one form, which may forbid it."""
    if isinstance(value, dict):
        for form in value.get("oneOf", ()):
            if "default" in form:
                value["default"] = form.pop("default")
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _lift_defaults(each)
