"""Answers in JSON: the schema a provider gets, the words in the prompt, and what is found wrong with what comes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from generation.engine.clients.errors import as_schema_refusal
from generation.engine.clients.interface import CallError
from generation.engine.contracts import TeacherSpec
from generation.engine.structured import JsonAnswers, answers_in_json, schema_words
from review.spec import prompting
from review.spec.output_format import answer_shape, output_format
from review.spec.schema import OutputField
from review.spec.task_spec import TaskSpec
from tests.generation.engine.conftest import TASK
from tests.review import factories

LIMITED = TASK | {
    "output_schema": [
        {"name": "subject", "role": "subject", "max_chars": 20},
        {"name": "body", "role": "body", "min_words": 3, "max_words": 8, "description": "The mail."},
    ]
}
CLAIMS = TASK | {
    "slots": [],
    "output_schema": [
        {"name": "summary"},
        {"name": "note", "required": False},
        {
            "name": "claims",
            "type": "list",
            "role": "claims",
            "items": [{"name": "text"}, {"name": "quote", "max_chars": 9}],
        },
    ],
}
PLAIN = TASK | {"slots": [], "output_schema": [{"name": "text"}]}


def answers(task: dict[str, Any]) -> JsonAnswers:
    return JsonAnswers(TaskSpec.model_validate(task))


def teacher(**over: Any) -> TeacherSpec:
    return TeacherSpec.model_validate({"name": "t", "provider": "openai", "model": "gpt-4o", "answers": "auto", **over})


def objects_in(schema: dict[str, Any]) -> list[dict[str, Any]]:
    if schema["type"] == "array":
        return objects_in(schema["items"])
    if schema["type"] == "string":
        return []
    return [schema, *(found for part in schema["properties"].values() for found in objects_in(part))]


@pytest.mark.parametrize("task", [LIMITED, CLAIMS, PLAIN])
def test_every_object_of_a_schema_is_strict(task: dict[str, Any]) -> None:
    found = objects_in(answers(task).schema)

    assert found
    for part in found:
        assert part["additionalProperties"] is False
        assert part["required"] == list(part["properties"])


def test_lengths_and_placeholders_are_said_in_words_where_a_strict_schema_cannot() -> None:
    body = answers(LIMITED).schema["properties"]["body"]

    assert body == {
        "type": "string",
        "description": "The mail. At least 3 words. At most 8 words. "
        "Placeholders stay as they are: {{contact.first_name}}.",
    }


def test_a_sound_answer_reads_as_the_text_that_a_student_is_taught() -> None:
    task = TaskSpec.model_validate(LIMITED)
    fields = {"subject": "A depot", "body": "Hi {{contact.first_name}},\n\nshall we talk?"}

    reading = JsonAnswers(task).read(json.dumps(fields))

    assert (reading.text, reading.flaws) == (prompting.completion(task, fields), ())
    assert prompting.parse(task, reading.text) == fields


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("not json", "not JSON"),
        ("[]", "must be an object"),
        ('{"subject": "A"}', "'body' is missing"),
        ('{"subject": "A", "body": "Shall we talk?", "ps": "x"}', "'ps' is not a field of the output"),
        ('{"subject": 3, "body": "Shall we talk?"}', "'subject' must be a string"),
        ('{"subject": "", "body": "Shall we talk?"}', "'subject' is empty"),
        ('{"subject": "A", "body": "Shall we talk?", "subject": "B"}', "'subject' is there twice"),
    ],
)
def test_an_answer_of_another_shape_is_of_no_use(given: str, said: str) -> None:
    reading = answers(LIMITED).read(given)

    assert not reading.is_usable
    assert said in " ".join(reading.flaws)


@pytest.mark.parametrize(
    ("subject", "body", "said"),
    [
        ("A", "one two three four five six seven eight nine", "'body' has 9 words; at most 8"),
        ("A", "Shall we?", "'body' has 2 words; at least 3"),
        ("A subject that is far too long", "Shall we talk?", "'subject' has 30 characters; at most 20"),
        ("A", "Hi {{first_name}}, shall we talk?", "'{{first_name}}' is no placeholder of this task"),
    ],
)
def test_an_answer_that_breaks_a_limit_is_whole_and_flawed(subject: str, body: str, said: str) -> None:
    reading = answers(LIMITED).read(json.dumps({"subject": subject, "body": body}))

    assert reading.is_usable
    assert len(reading.flaws) == 1
    assert said in reading.flaws[0]


def test_words_are_not_counted_in_a_language_without_blanks() -> None:
    reading = answers(LIMITED | {"language": "ja"}).read(json.dumps({"subject": "倉庫", "body": "倉庫の話です"}))

    assert reading.flaws == ()


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ("none", "must be a list"),
        ([{"text": "A"}], "exactly quote, text"),
        ([{"text": "A", "quote": 7}], "must be a string"),
        ([{"text": "A", "quote": "far too long"}], "'quote' in element 1 of 'claims' has 12 characters"),
    ],
)
def test_the_elements_of_a_list_are_read_one_by_one(claims: Any, said: str) -> None:
    reading = answers(CLAIMS).read(json.dumps({"summary": "S", "note": "", "claims": claims}))

    assert said in " ".join(reading.flaws)


@pytest.mark.parametrize(
    "around", ["```json\n%s\n```", "Here it is:\n```json\n%s\n```\nGood luck!", "<think>{}</think>%s"]
)
def test_what_stands_around_the_object_is_no_flaw(around: str) -> None:
    assert answers(LIMITED).read(around % '{"subject": "A", "body": "Shall we talk?"}').flaws == ()


def test_a_wild_answer_names_a_few_flaws_only() -> None:
    reading = answers(CLAIMS).read(json.dumps({f"extra_{n}": n for n in range(500)}))

    assert len(reading.flaws) <= 8


def test_a_prompt_asks_for_json_where_it_asked_for_text_and_stays_as_it_was_stored() -> None:
    task = TaskSpec.model_validate(LIMITED)
    stored = prompting.messages(task, {"company": "Co"}, audience="teacher")
    before = [dict(message) for message in stored]

    (asked,) = JsonAnswers(task).put(stored)

    assert stored == before
    assert output_format(task) not in asked["content"]
    assert 'one JSON object and nothing else: {"subject": "…", "body": "…"}' in asked["content"]


def test_a_template_without_words_on_the_answer_gets_them_at_its_end() -> None:
    task = TaskSpec.model_validate(LIMITED | {"teacher_template": "{{instruction}}\n{{facts}}"})
    stored = prompting.messages(task, {"company": "Co"}, audience="teacher")

    (asked,) = JsonAnswers(task).put(stored)

    assert asked["content"].startswith(stored[0]["content"])
    assert asked["content"].endswith('{"subject": "…", "body": "…"}')


def test_answers_shown_in_a_conversation_are_shown_in_json() -> None:
    talk = [
        {"role": "user", "content": "Write."},
        {"role": "assistant", "content": "Subject: A\n\nShall we talk?"},
        {"role": "user", "content": "Write it again."},
    ]

    asked = answers(LIMITED).put(talk)

    assert json.loads(asked[1]["content"]) == {"subject": "A", "body": "Shall we talk?"}


@pytest.mark.parametrize(
    ("over", "expected"),
    [
        ({}, True),
        ({"provider": "anthropic", "model": "claude-sonnet-4-5"}, True),
        ({"base_url": "https://api.openai.com/v1"}, True),
        ({"base_url": "https://eu.api.openai.com/v1"}, True),
        ({"base_url": "https://fakeapi.openai.com/v1"}, False),
        ({"base_url": "https://proxy.example/v1"}, False),
        ({"model": "gpt-3.5-turbo"}, False),
        ({"model": "gpt-4"}, False),
        ({"model": "gpt-4.1"}, True),
        ({"provider": "anthropic", "model": "claude-3-5-haiku-latest"}, False),
        ({"provider": "openai-compatible", "base_url": "http://gpu/v1"}, False),
        ({"provider": "openai-compatible", "base_url": "http://gpu/v1", "answers": "json"}, True),
        ({"answers": "text"}, False),
        ({"audience": "student", "answers": "json"}, False),
        ({"parameters": {"response_format": {"type": "json_object"}}}, False),
        ({"provider": "offline", "answers": "json"}, False),
    ],
)
def test_json_is_asked_for_where_it_is_offered_or_wished(over: dict[str, Any], expected: bool) -> None:
    assert answers_in_json(teacher(**over), TaskSpec.model_validate(TASK)) is expected


def test_a_single_text_is_asked_for_as_text_unless_json_is_wished() -> None:
    plain = TaskSpec.model_validate(PLAIN)

    assert not answers_in_json(teacher(), plain)
    assert answers_in_json(teacher(answers="json"), plain)


@pytest.mark.parametrize("kind", ["choice", "integer", "number", "boolean", "date"])
def test_one_value_is_held_to_a_schema_where_it_is_offered_and_bare_elsewhere(kind: str) -> None:
    labels = [{"name": "bug", "description": "It broke."}, {"name": "praise"}] if kind == "choice" else []
    bare = TaskSpec.model_validate(PLAIN | {"output_schema": [{"name": "said", "type": kind, "labels": labels}]})
    asked = JsonAnswers(bare).put(prompting.messages(bare, {"company": "Acme"}, audience="teacher"))
    said = {"choice": "bug", "integer": 3, "number": 2.5, "boolean": True, "date": "2026-01-31"}[kind]

    assert answers_in_json(teacher(), bare)
    assert not answers_in_json(teacher(provider="openai-compatible", base_url="http://127.0.0.1/v1"), bare)
    assert output_format(bare) not in str(asked) and "one JSON object" in asked[-1]["content"]
    assert "It broke." in asked[-1]["content"] or kind != "choice"
    read = JsonAnswers(bare).read(json.dumps({"said": said}))
    assert (read.flaws, prompting.parse(bare, read.text)) == ((), {"said": said})


@pytest.mark.parametrize(("text", "read"), [
    ("no", {"said": "no"}), ("No.", {"said": "no"}), ("```\nno\n```", {"said": "no"}),
    ('{"said": "no"}', {"said": "no"}), ("I cannot tell", None), ("7", None), ("", None),
])  # fmt: skip
def test_an_answer_of_a_batch_sent_before_bare_values_were_asked_for_in_json_is_read(
    text: str, read: dict[str, str] | None
) -> None:
    field = {"name": "said", "type": "choice", "labels": [{"name": "yes"}, {"name": "no"}]}
    bare = TaskSpec.model_validate(PLAIN | {"output_schema": [field]})

    answer = JsonAnswers(bare).read(text)

    assert answer.is_usable == (read is not None)
    assert read is None or (answer.flaws, prompting.parse(bare, answer.text)) == ((), read)


def test_the_shape_quotes_only_what_json_quotes() -> None:
    of_all = factories.triage_spec()

    assert answer_shape(of_all) == '{"why": "…", "category": "…", "urgent": …, "amount": …}'
    parts = OutputField.model_validate(
        {
            "name": "lines",
            "type": "list",
            "items": [
                {"name": "tags", "type": "list"},
                {"name": "of", "type": "object", "items": [{"name": "n", "type": "integer"}]},
            ],
        }
    )
    nested = of_all.model_copy(update={"output_schema": (parts,)})
    assert answer_shape(nested) == '{"lines": [{"tags": ["…"], "of": {"n": …}}]}'


def test_a_schema_is_part_of_what_a_call_is_priced_with() -> None:
    task = TaskSpec.model_validate(LIMITED)

    assert '"additionalProperties": false' in schema_words(teacher(), task)
    assert schema_words(teacher(answers="text"), task) == ""


@pytest.mark.parametrize(
    ("message", "fate"),
    [
        ("Invalid schema for response_format 'draft': In context=(), ...", "fatal"),
        ("output_config.format.schema: For 'object' type, property 'x' is not supported", "fatal"),
        ("Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.", "fatal"),
        ("Unsupported value: 'temperature' does not support 0.3 with this model.", "rejected"),
    ],
)
def test_a_refused_schema_ends_the_order_and_other_refusals_do_not(message: str, fate: str) -> None:
    assert as_schema_refusal(CallError("rejected", "request_rejected", message)).fate == fate


def test_a_refusal_that_may_have_been_paid_stays_in_doubt() -> None:
    error = CallError("unknown", "gateway_lost", "response_format")

    assert as_schema_refusal(error) is error
