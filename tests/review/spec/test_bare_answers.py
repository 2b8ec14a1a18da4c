"""A task whose whole output is one label, number, day or yes is answered with that alone."""

from __future__ import annotations

from typing import Any

import pytest

from review.spec import prompting
from review.spec.output_format import bare_field, output_format
from review.spec.readable import readable
from review.spec.schema import Label, OutputField
from review.spec.starters import STARTERS
from review.spec.starters.blank import SPEC as BLANK
from review.spec.task_spec import TaskSpec, plural
from review.spec.values import normalise_fields, normalise_value
from tests.review.spec.test_json_schema import SPEC

LABELS = (Label(name="Billing", description="Money"), Label(name="v1.2."))


def task(**parts: Any) -> TaskSpec:
    return BLANK.model_copy(update={"output_schema": (OutputField(name="answer", **parts),)})


@pytest.mark.parametrize(
    ("parts", "value", "text"),
    [
        ({"type": "choice", "labels": LABELS}, "Billing", "Billing"),
        ({"type": "boolean"}, True, "true"),
        ({"type": "integer"}, -3, "-3"),
        ({"type": "number"}, 2.5, "2.5"),
        ({"type": "date"}, "2026-01-31", "2026-01-31"),
    ],
)
def test_one_value_is_written_bare_and_read_back(parts: dict[str, Any], value: object, text: str) -> None:
    spec = task(**parts)

    assert prompting.completion(spec, {"answer": value}) == text
    assert prompting.parse(spec, text) == {"answer": value}


@pytest.mark.parametrize(
    "answer", ["billing", '"Billing"', "Billing.", "**Billing**", '{"answer": "billing"}', "```\nBilling\n```"]
)
def test_a_label_is_read_from_what_large_models_put_around_it(answer: str) -> None:
    assert prompting.parse(task(type="choice", labels=LABELS), answer) == {"answer": "Billing"}


@pytest.mark.parametrize("name", ["`code`", '"quoted"', "*", "{slot}", "cafe\u0301", "a  b"])
def test_a_label_is_read_back_whatever_signs_it_holds(name: str) -> None:
    labels = (Label(name="caf\u00e9"), Label(name="a b"), Label(name=name))

    spec = task(type="choice", labels=labels)

    assert prompting.parse(spec, prompting.completion(spec, {"answer": name})) == {"answer": name}
    assert normalise_value(spec.output_schema[0], name, "answer") == name


@pytest.mark.parametrize(
    ("parts", "answer", "value"),
    [
        ({"type": "integer"}, "42.", 42),
        ({"type": "boolean"}, "Yes.", True),
        ({"type": "date"}, "2026-01-31.", "2026-01-31"),
    ],
)
def test_a_full_stop_behind_a_bare_value_is_left_out(parts: dict[str, Any], answer: str, value: object) -> None:
    assert prompting.parse(task(**parts), answer) == {"answer": value}


def test_a_label_that_ends_in_a_full_stop_keeps_it() -> None:
    assert prompting.parse(task(type="choice", labels=LABELS), "v1.2.") == {"answer": "v1.2."}


@pytest.mark.parametrize("answer", ["WRONG-LABEL", "Billing, I think", '{"other": "Billing"}', '["Billing"]', "{"])
def test_a_label_that_is_none_is_no_answer(answer: str) -> None:
    with pytest.raises(prompting.CompletionError):
        prompting.parse(task(type="choice", labels=LABELS), answer)


def test_the_labels_and_their_meaning_are_told() -> None:
    assert output_format(task(type="choice", labels=LABELS)) == (
        "Answer with one of these labels and nothing else:\n- Billing: Money\n- v1.2."
    )
    assert output_format(task(type="number", minimum=0, maximum=10, unit="EUR", decimals=2)) == (
        "Answer with a number in EUR with at most 2 decimals from 0 to 10 and nothing else."
    )


def test_several_fields_are_told_with_what_each_may_say() -> None:
    told = output_format(SPEC)

    assert told.splitlines()[0].startswith("Answer with one JSON object and nothing else: {")
    assert "topic: one of\n- Billing\n- Über uns" in told
    assert "due: a day as YYYY-MM-DD, or null" in told
    assert "order.line.count: a whole number, at least 0, or null" in told


def test_fields_with_values_of_all_types_are_read_back_from_their_completion() -> None:
    fields = normalise_fields(
        SPEC.output_schema,
        {"topic": "Billing", "amount": 2.5, "urgent": False, "order": {"line": {"name": "x", "count": 1}, "note": "n"}},
    )

    assert prompting.parse(SPEC, prompting.completion(SPEC, fields)) == fields


@pytest.mark.parametrize(
    "around",
    [
        "Here it is:\n\n```json\n%s\n```\n\nGood luck!",
        "Here it is: %s",
        "%s\n\nI hope this helps.",
        "\ufeff%s",
        "```json\r\n%s\r\n```",
        "~~~\n%s\n~~~",
    ],
)
def test_words_and_a_fence_around_an_object_are_left_out(around: str) -> None:
    text = prompting.completion(SPEC, {"topic": "Billing", "urgent": False})

    assert prompting.parse(SPEC, around % text) == prompting.parse(SPEC, text)


def test_line_breaks_within_a_text_of_an_object_are_read_as_they_are() -> None:
    answer = '{"topic": "Billing", "tags": ["two\nlines\tand a tab"]}'

    assert prompting.parse(SPEC, answer)["tags"] == ["two\nlines\tand a tab"]


def test_a_comma_that_no_value_follows_is_left_out_but_within_texts() -> None:
    answer = '{"topic": "Billing", "tags": ["a,]", "\\"b,}",\n],}'

    assert prompting.parse(SPEC, answer)["tags"] == ["a,]", '"b,}']


@pytest.mark.parametrize("answer", ["{} or {}", "Here it is: {", "I cannot {do} that.", "Here it is: []"])
def test_what_holds_no_single_object_is_no_answer(answer: str) -> None:
    with pytest.raises(prompting.CompletionError, match="not JSON"):
        prompting.parse(SPEC, answer)


@pytest.mark.parametrize("around", ["%s", "Here it is:\n%s", "```json\n%s\n```"])
def test_an_answer_that_says_two_things_in_one_field_is_refused(around: str) -> None:
    with pytest.raises(prompting.CompletionError, match="'topic' is there twice"):
        prompting.parse(SPEC, around % '{"topic": "Billing", "urgent": true, "topic": "Refund"}')
    same = '{"topic": "Billing", "urgent": true, "topic": "Billing"}'
    assert prompting.parse(SPEC, around % same)["topic"] == "Billing"


def test_an_object_within_a_mail_without_its_reasoning_is_part_of_the_mail() -> None:
    fields = [{"name": "why", "role": "reasoning"}, {"name": "head", "role": "subject"}]
    spec = TaskSpec.model_validate({**BLANK.canonical(), "output_schema": [*fields, {"name": "text", "role": "body"}]})

    assert prompting.parse(spec, 'Subject: A\n\nSend {"a": 1} to it.')["text"] == 'Send {"a": 1} to it.'


@pytest.mark.parametrize("starter", [each for each in STARTERS.values() if each.slug != "ticket-triage"])
def test_specifications_from_before_keep_their_hash_and_their_words(starter: Any) -> None:
    body = starter.spec.canonical()

    assert "record_noun" not in body
    assert all(
        set(field)
        <= {*["name", "type", "role", "description", "required", "min_words", "max_words", "max_chars", "items"]}
        for field in body["output_schema"]
    )
    assert bare_field(starter.spec.output_schema) is None
    assert TaskSpec.model_validate(body) == starter.spec


@pytest.mark.parametrize(
    ("noun", "several"), [("ticket", "tickets"), ("company", "companies"), ("box", "boxes"), ("day", "days")]
)
def test_what_several_records_are_called(noun: str, several: str) -> None:
    assert plural(noun) == several
    assert BLANK.model_copy(update={"record_noun": "person", "record_noun_plural": "people"}).record_nouns == "people"


def test_a_conversation_and_a_document_keep_their_lines_in_a_prompt() -> None:
    spec = TaskSpec.model_validate(
        {
            **BLANK.canonical(),
            "input_schema": [{"name": "talk", "type": "conversation"}, {"name": "file", "type": "document"}],
            "teacher_template": "{{facts}}",
            "student_template": "{{fact.talk}}",
        }
    )
    talk = [{"role": "user", "content": "Where is it?"}, {"role": "assistant", "content": "On its way."}]

    assert prompting.facts_sheet(spec, {"talk": talk, "file": "One\ftwo"}) == (
        "talk:\n  user: Where is it?\n  assistant: On its way.\nfile:\n  One\n\n  two"
    )


def test_people_read_values_line_by_line_and_no_json() -> None:
    fields = normalise_fields(
        SPEC.output_schema,
        {
            "topic": "Billing",
            "also": ["Billing", "none of these"],
            "urgent": False,
            "tags": ["a", "b"],
            "order": {"line": {"name": "x", "count": 1}, "note": "n"},
        },
    )

    assert readable(SPEC, fields).splitlines() == [
        "Why: –",
        "Said: –",
        "Tags:",
        "  – a",
        "  – b",
        "Order:",
        "  Line:",
        "    Name: x",
        "    Count: 1",
        "  Note: n",
        "Topic: Billing",
        "Also: Billing, none of these",
        "Amount: –",
        "Count: –",
        "Urgent: no",
        "Due: –",
    ]
    assert readable(STARTERS["outreach"].spec, {"subject": "S", "body": "B"}) == "Subject: S\n\nB"
