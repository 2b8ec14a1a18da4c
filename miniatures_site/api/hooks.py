"""Additions to the schema that drf-spectacular makes: `/v1`, and an example of each operation."""

from __future__ import annotations

from typing import Any

from miniatures_site.api import examples
from serving.v1 import openapi


def complete(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Complete a schema, in place."""
    result["paths"] |= openapi.PATHS
    result["components"].setdefault("schemas", {}).update(openapi.SCHEMAS)
    examples.add_examples(result)
    return result
