"""Each operation of the schema has an example that fits its shape; keys and `/v1` stand in it."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from rest_framework import serializers

from miniatures_site.api import schema
from miniatures_site.api.examples import operations
from serving.openai import requests

FORMATS = jsonschema.FormatChecker(["date", "date-time", "email", "ipv4", "uuid"])


def media(operation: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    holders = {"body": operation.get("requestBody", {}), **operation["responses"]}
    return [
        (f"{where} {kind}", each)
        for where, holder in holders.items()
        for kind, each in holder.get("content", {}).items()
    ]


def test_every_operation_has_an_example_and_every_example_fits_its_shape() -> None:
    whole = schema.whole()
    wrong = []
    for path, verb, operation in operations(whole):
        assert operation["x-codeSamples"][0]["source"].startswith("curl -X "), path
        for where, each in media(operation):
            if each.get("schema", {}).get("format") == "binary":
                continue
            shape = {**each["schema"], "components": whole["components"]}
            validator = jsonschema.Draft202012Validator(shape, format_checker=FORMATS)
            error = next(validator.iter_errors(each["example"]), None)
            if error is not None and not where.startswith("body multipart"):
                wrong.append(f"{verb} {path} {where}: {error.json_path} {error.message[:120]}")
    assert wrong == []


def test_a_validator_of_openapi_finds_nothing_wrong() -> None:
    mistakes = OpenAPIV31SpecValidator(schema.whole()).iter_errors()

    assert [f"{list(each.absolute_path)}: {each.message[:120]}" for each in mistakes] == []


def test_keys_stand_with_every_operation_that_remembers_them_and_with_no_other() -> None:
    keyed = {
        path: [each["name"] for each in operation.get("parameters", [])]
        for path, verb, operation in operations(schema.whole())
        if verb == "post"
    }

    assert "Idempotency-Key" in keyed["/api/v1/miniatures/{miniature_id}/write/"]
    assert sum("Idempotency-Key" in names for names in keyed.values()) > 20
    assert "Idempotency-Key" not in keyed["/v1/chat/completions"]


def test_the_example_of_v1_is_a_request_that_v1_takes() -> None:
    operation = schema.whole()["paths"]["/v1/chat/completions"]["post"]
    example = operation["requestBody"]["content"]["application/json"]["example"]

    assert requests.parse_chat_request(json.dumps(example).encode()).choices == 1


@pytest.mark.parametrize("many", [False, True])
def test_a_refused_choice_names_the_choices(*, many: bool) -> None:
    kind = serializers.MultipleChoiceField if many else serializers.ChoiceField
    field = kind(choices=["accept", "edit"])

    with pytest.raises(serializers.ValidationError, match="Must be one of accept, edit"):
        field.run_validation(["burn"] if many else "burn")
