"""A task's output as JSON Schema, and a schema that somebody has as fields."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from review.spec.json_schema import ORDERED, output_json_schema
from review.spec.json_schema_reading import SchemaError, fields_from_json_schema
from review.spec.starters import STARTERS
from review.spec.starters.blank import SPEC as BLANK
from review.spec.task_spec import TaskSpec
from review.tasks import spec_form
from tests.review.spec.test_values import SCHEMA
from web.errors import Refusal

SPEC = TaskSpec.model_validate({**BLANK.canonical(), "output_schema": [field.model_dump() for field in SCHEMA]})


def pasted(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def test_fields_read_from_their_own_schema_are_the_same() -> None:
    plain = {field.name: field for field in SCHEMA}

    fields = fields_from_json_schema(output_json_schema(SPEC))

    assert [field.name for field in fields] == list(plain)
    again = output_json_schema(SPEC.model_copy(update={"output_schema": fields}))
    for name, part in again["properties"].items():
        own = output_json_schema(SPEC)["properties"][name]
        # What a quote, a role and an optional text are besides, JSON Schema has no words for.
        assert part["type"] == own["type"]
        assert {key for key in part if key != "description"} == {key for key in own if key != "description"}


def test_that_labels_have_an_order_is_read_back_once() -> None:
    severity = {"name": "severity", "type": "choice", "ordered": True, "description": "How bad it is.",
                "labels": [{"name": "low"}, {"name": "high"}]}  # fmt: skip
    spec = TaskSpec.model_validate({**BLANK.canonical(), "output_schema": [severity]})

    schema = output_json_schema(spec)
    [again] = fields_from_json_schema(schema)
    [other] = fields_from_json_schema(pasted(severity={"type": "string", "enum": ["low", "high"]}))

    assert schema["properties"]["severity"]["description"] == f"How bad it is. {ORDERED}"
    assert (again.ordered, again.description, other.ordered) == (True, "How bad it is.", False)


@pytest.mark.parametrize("bounds", [True, False])
@pytest.mark.parametrize("spec", [SPEC, *(starter.spec for starter in STARTERS.values())])
def test_every_schema_is_valid_and_holds_its_own_normal_form(spec: TaskSpec, bounds: bool) -> None:
    schema = output_json_schema(spec, bounds=bounds)

    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["required"] == [field.name for field in spec.output_schema]


@pytest.mark.parametrize(
    "fields",
    [
        {"topic": "Billing", "amount": 12.25, "count": 3, "urgent": True, "due": "2026-01-31", "also": ["Billing"]},
        {"topic": "none of these", "order": {"line": {"name": "x", "count": 0}, "note": ""}, "tags": ["a"]},
    ],
)
def test_a_draft_in_normal_form_is_valid(fields: dict[str, Any]) -> None:
    from review.spec.values import normalise_fields

    jsonschema.validate(normalise_fields(SCHEMA, fields), output_json_schema(SPEC))


def test_a_schema_of_another_hand_is_read() -> None:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Ticket",
        **pasted(
            category={"enum": ["bug", "question"], "description": "What it is"},
            score={"anyOf": [{"type": "number", "minimum": 0, "maximum": 1, "multipleOf": 0.01}, {"type": "null"}]},
            labels={"type": "array", "items": {"type": "string", "enum": ["a", "b"]}, "uniqueItems": True},
            people={"type": "array", "items": {"$ref": "#/$defs/person"}, "minItems": 1},
            seen={"type": ["string", "null"], "format": "date"},
        ),
        "$defs": {"person": pasted(name={"type": "string", "minLength": 1, "maxLength": 80}, age={"type": "integer"})},
    }

    category, score, labels, people, seen = fields_from_json_schema(schema)

    assert (category.type, [label.name for label in category.labels], category.required) == (
        "choice",
        ["bug", "question"],
        True,
    )
    assert (score.type, score.decimals, score.maximum, score.required) == ("number", 2, 1.0, False)
    assert labels.type == "choices"
    assert people.type == "list"
    assert [(item.name, item.type, item.max_chars) for item in people.items] == [
        ("name", "text", 80),
        ("age", "integer", None),
    ]
    assert (seen.type, seen.required) == ("date", False)


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ([], "the schema is list"),
        ({"type": "array"}, "/type: the whole is 'array'"),
        (pasted(), "/properties: the object names no property"),
        (pasted(a={"type": "string", "format": "email"}), "/properties/a/format: 'email' is not known"),
        (pasted(a={"type": "string", "if": {}}), "/properties/a/if: 'if' is not known"),
        (
            pasted(a={"anyOf": [{"type": "string"}, {"type": "integer"}]}),
            "/properties/a/anyOf: only one schema or null",
        ),
        (pasted(a={"type": ["string", "integer"]}), "/properties/a/type: one type beside null"),
        (pasted(a={"$ref": "#/$defs/none"}), "'#/$defs/none' is not among $defs"),
        ({**pasted(a={"$ref": "#/$defs/a"}), "$defs": {"a": {"$ref": "#/$defs/a"}}}, "refers to itself"),
        ({**pasted(a={"$ref": "#/$defs/a"}), "$defs": {"a": pasted(b={"$ref": "#/$defs/a"})}}, "3 levels deep"),
        ({**pasted(a={"$ref": "#/$defs/a"}), "$defs": {"a": 5}}, "'#/$defs/a' is not among $defs"),
        ({**pasted(a={"type": "string"}), "$defs": [1]}, "/$defs: [1] is not a JSON object"),
        (pasted(a={"$ref": ["#/$defs/a"]}), "/properties/a/$ref"),
        (pasted(a={"anyOf": 5}), "/properties/a/anyOf: 5 is not a list"),
        (pasted(a={"type": "string", "enum": "ab"}), "/properties/a/enum: 'ab' is not a list"),
        ({**pasted(a={"type": "string"}), "properties": [1]}, "/properties: [1] is not a JSON object"),
        ({**pasted(a={"type": "string"}), "required": 5}, "/required: 5 is not a list"),
        ({**pasted(a={"type": "string"}), "required": ["b"]}, "/required: 'b' is not among the properties"),
        ({**pasted(a={"type": "string"}), "required": [["a"]]}, "/required: ['a'] is not among the properties"),
        (pasted(**{"First Name": {"type": "string"}}), "is not a field name"),
        (pasted(a={"type": "array", "items": {"type": "number"}}), "a list holds texts, labels or objects"),
        (pasted(a={"type": "string", "enum": ["x"]}), "1 labels; a field needs 2 to 200"),
        (pasted(a={"type": "integer", "multipleOf": 3}), "/properties/a/multipleOf: 'multipleOf' is not known"),
        (pasted(a={"type": "number", "multipleOf": 3}), "/properties/a/multipleOf: 3 is not known"),
        (pasted(a=pasted(b=pasted(c=pasted(d=pasted(e={"type": "string"}))))), "3 levels deep at most"),
        ({**pasted(a={"type": "string"}), "additionalProperties": True}, "/additionalProperties"),
        (pasted(a=7), "/properties/a: 7 is not a schema"),
        (pasted(a={"type": "string", "minLength": 2}), "/properties/a/minLength: 2 is not known"),
        (pasted(a={"type": "array", "items": {"type": "string"}, "minItems": 2}), "/properties/a/minItems: 2 is not"),
        (pasted(a={"type": "array", "items": {"type": "string"}, "uniqueItems": True}), "/properties/a/uniqueItems"),
        (pasted(a={"type": "array", "items": pasted(b={"type": "string"}), "uniqueItems": True}), "/a/uniqueItems"),
        (pasted(a={"enum": ["x", "y"], "pattern": "x"}), "/properties/a/pattern: 'pattern' is not known beside enum"),
        (pasted(a={"type": "string", "format": "date", "maxLength": 9}), "/a/maxLength: 'maxLength' is not known"),
        (pasted(a={"type": "array", "items": {"type": "string", "maxLength": 9}}), "/properties/a/items/maxLength"),
        (pasted(a={"type": "array", "items": {"type": "string", "format": "date"}}), "/properties/a/items/format"),
        (pasted(a={"type": "array", "items": {"enum": ["x", "y"], "pattern": "x"}}), "/properties/a/items/pattern"),
    ],
)
def test_what_lies_outside_the_subset_is_named_by_its_place(schema: object, says: str) -> None:
    with pytest.raises(SchemaError) as error:
        fields_from_json_schema(schema)
    assert says in str(error.value)


def test_fields_are_taken_from_a_pasted_schema() -> None:
    schema = {"type": "object", "properties": {"kind": {"enum": ["a", "b"]}}, "required": ["kind"]}

    body = spec_form.with_pasted_schema({"instruction": "x"}, json.dumps(schema))

    assert body["instruction"] == "x"
    assert [
        (field["name"], field["type"], [each["name"] for each in field["labels"]]) for field in body["output_schema"]
    ] == [("kind", "choice", ["a", "b"])]


@pytest.mark.parametrize(
    ("text", "says"), [("{", "This is not JSON"), ('{"type": "array"}', "cannot be taken: /type: the whole is 'array'")]
)
def test_a_schema_that_cannot_be_taken_is_told_at_its_place(text: str, says: str) -> None:
    with pytest.raises(Refusal) as refusal:
        spec_form.with_pasted_schema({}, text)

    assert says in refusal.value.errors["output_schema"][0]
