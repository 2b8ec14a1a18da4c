"""Answers in JSON whose values are of another type than the schema's, and can be read all the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from generation.engine.structured import JsonAnswers
from review.spec import prompting
from review.spec.task_spec import TaskSpec
from tests.generation.engine.conftest import TASK

SPEC = TaskSpec.model_validate(
    TASK
    | {
        "slots": [],
        "output_schema": [
            {"name": "price", "type": "number"},
            {"name": "vegan", "type": "boolean"},
            {"name": "note", "required": False},
            {"name": "tags", "type": "list", "required": False},
        ],
    }
)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"price": "12.5", "note": "", "tags": []}, "'price' must be a number"),
        ({"price": 12.5, "vegan": "true", "note": "", "tags": []}, "'vegan' must be true or false"),
        ({"price": 12.5, "note": None, "tags": []}, "'note' must be a string"),
        ({"price": 12.5}, "'note' is missing"),
    ],
)
def test_an_answer_whose_values_can_be_read_is_whole_and_flawed(given: dict[str, Any], said: str) -> None:
    reading = JsonAnswers(SPEC).read(json.dumps({"vegan": True, **given}))

    assert reading.is_usable
    assert said in " ".join(reading.flaws)
    assert prompting.parse(SPEC, reading.text) == {"price": 12.5, "vegan": True, "note": "", "tags": []}


@pytest.mark.parametrize("given", [{"price": "12,5"}, {"price": 12.5, "vegan": "ja"}, {"vegan": True}, [], {"x": 1}])
def test_an_answer_with_a_value_that_cannot_be_read_is_of_no_use(given: object) -> None:
    assert not JsonAnswers(SPEC).read(json.dumps(given)).is_usable


def test_the_words_of_a_part_are_counted_as_those_of_a_field_are() -> None:
    steps = {"name": "steps", "type": "list", "items": [{"name": "text", "min_words": 2, "max_words": 3}]}
    task = TaskSpec.model_validate(TASK | {"slots": [], "output_schema": [{"name": "title"}, steps]})

    given = {"title": "A", "steps": [{"text": ""}, {"text": "one"}, {"text": "one two three four"}]}
    reading = JsonAnswers(task).read(json.dumps(given))

    assert reading.is_usable
    assert reading.flaws == (
        "'text' in element 2 of 'steps' has 1 words; at least 2 are required.",
        "'text' in element 3 of 'steps' has 4 words; at most 3 are allowed.",
    )
