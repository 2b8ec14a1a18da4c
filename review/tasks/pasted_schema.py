"""Written fields taken from a JSON Schema that a lead pastes."""

from __future__ import annotations

from typing import Any

from review.spec.json_schema_reading import SchemaError, fields_from_json_schema
from review.spec.schema import shape_json
from web import strict_json
from web.errors import Refusal

ACT = "schema:output_schema"


def with_pasted_schema(body: dict[str, Any], text: str) -> dict[str, Any]:
    """Return the data of a form with the written fields of a schema in place of its own.

    Raises:
        Refusal: 400; the text is no JSON, or the schema says something that fields cannot; names the place.
    """
    try:
        fields = fields_from_json_schema(strict_json.loads(text))
    except SchemaError as error:
        raise _wrong(f"The schema cannot be taken: {error}.") from None
    except ValueError as error:
        raise _wrong(f"This is not JSON: {error}.") from None
    return body | {"output_schema": [shape_json(field) for field in fields]}


def _wrong(message: str) -> Refusal:
    return Refusal(
        "schema_not_taken",
        message,
        hint="Correct the schema at that place, or add the fields by hand.",
        status=400,
        errors={"output_schema": [message]},
    )
