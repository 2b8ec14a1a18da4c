"""Checks of patterns, and of reasoning that ends on another label than the one given."""

from __future__ import annotations

import time
from typing import Any

import pytest

from review.spec.schema import InputField, Label, OutputField, OutputItem
from review.spec.task_spec import Check, TaskSpec
from review.spec.values import normalise_fields
from review.text import checks
from review.text.checks import pattern

SPEC = TaskSpec(
    instruction="Sort.",
    input_schema=(InputField(name="text"),),
    output_schema=(
        OutputField(name="why", role="reasoning"),
        OutputField(
            name="answer",
            type="choice",
            labels=(Label(name="interested"), Label(name="not interested"), Label(name="?")),
        ),
        OutputField(name="code", pattern=r"[A-Z]{2}-\d+", required=False),
        OutputField(name="parts", type="list", items=(OutputItem(name="sku", pattern=r"\d{4}"),), required=False),
    ),
    checks=(Check(kind="pattern"), Check(kind="reasoning")),
    teacher_template="{{facts}}",
    student_template="{{facts}}",
)


def marks(**fields: Any) -> list[tuple[str, str]]:
    given = normalise_fields(SPEC.output_schema, {"answer": "interested", **fields})
    return [(mark.check, mark.field) for mark in checks.run(SPEC, {"text": "x"}, given)]


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"code": "AB-12"}, []),
        ({"code": "ab-12"}, [("pattern", "code")]),
        ({"code": "AB-12 "}, []),
        ({"code": ""}, []),
        ({"parts": [{"sku": "1234"}, {"sku": "12"}]}, [("pattern", "parts.1.sku")]),
    ],
)
def test_a_text_that_does_not_match_its_pattern_is_marked(fields: dict[str, Any], found: list[Any]) -> None:
    assert marks(**fields) == found


def test_a_pattern_that_backtracks_without_end_is_stopped() -> None:
    began = time.monotonic()

    assert not pattern.matches(r"(a|a)*b", "a" * 60)
    # The bound is a twentieth of a second, but this machine may be busy; unbounded it would take years.
    assert time.monotonic() - began < 60


@pytest.mark.parametrize(
    ("why", "answer", "is_marked"),
    [
        ("They ask for a date.\nSo: interested", "interested", False),
        ("They ask for a date.\nSo: interested", "?", True),
        ("They say no: not interested.", "not interested", False),
        ("They say no: not interested.", "interested", True),
        ("At first not interested.\nThen they ask for a date.", "interested", False),
        ("", "interested", False),
        ("It is disinterested.", "?", False),
    ],
)
def test_reasoning_agrees_with_the_label_it_ends_on(why: str, answer: str, is_marked: bool) -> None:
    assert marks(why=why, answer=answer) == ([("reasoning", "why")] if is_marked else [])


def test_what_is_marked_is_the_last_line() -> None:
    given = normalise_fields(SPEC.output_schema, {"why": "One.\nSo: ?", "answer": "interested"})
    [mark] = checks.run(SPEC, {"text": "x"}, given)

    assert given["why"][mark.start : mark.end] == "So: ?"


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"note": ""}, []),
        ({"note": "one"}, ["note"]),
        ({"parts": [{"text": "one two"}, {"text": "one two three four"}]}, ["parts.1.text"]),
    ],
)
def test_words_are_counted_of_what_is_there_and_of_parts_too(fields: dict[str, Any], found: list[str]) -> None:
    parts = OutputField(name="parts", type="list", items=(OutputItem(name="text", max_words=3),), required=False)
    note = OutputField(name="note", min_words=2, required=False)
    length = Check(kind="length", fields=("note", "parts"))
    spec = SPEC.model_copy(update={"output_schema": (note, parts), "checks": (length,)})

    marks = checks.run(spec, {"text": "x"}, normalise_fields(spec.output_schema, fields))

    assert [mark.field for mark in marks] == found
