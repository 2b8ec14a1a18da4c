"""Fields from a pasted JSON Schema, and what is said where it cannot be taken."""

from __future__ import annotations

import json

import pytest

from review.tasks import pasted_schema
from web.errors import Refusal


def test_fields_are_taken_from_a_pasted_schema() -> None:
    schema = {"type": "object", "properties": {"kind": {"enum": ["a", "b"]}}, "required": ["kind"]}

    body = pasted_schema.with_pasted_schema({"instruction": "x"}, json.dumps(schema))

    assert body["instruction"] == "x"
    assert [
        (field["name"], field["type"], [each["name"] for each in field["labels"]]) for field in body["output_schema"]
    ] == [("kind", "choice", ["a", "b"])]


@pytest.mark.parametrize(
    ("text", "says"), [("{", "This is not JSON"), ('{"type": "array"}', "cannot be taken: /type: the whole is 'array'")]
)
def test_a_schema_that_cannot_be_taken_is_told_at_its_place(text: str, says: str) -> None:
    with pytest.raises(Refusal) as refusal:
        pasted_schema.with_pasted_schema({}, text)

    assert says in refusal.value.errors["output_schema"][0]
