"""What /v1 refuses: by its name, in OpenAI's shape, before the engine hears of it."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from serving.openai import requests
from serving.openai.errors import ApiError
from serving.runtime import internal_keys
from serving.v1 import api

PLAIN = {
    "model": "m", "stop": ["END"],
    "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "ab"}],
}  # fmt: skip
GOOD = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}


def refused(**changes):
    with pytest.raises(ApiError) as error:
        requests.parse_chat_request(json.dumps(GOOD | changes).encode())
    return error.value


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"best_of": 2}, "best_of"),
        ({"cache_prompt": 1}, "cache_prompt"),
        ({"stream": True, "stream_options": {"pace": "slow"}}, "stream_options.pace"),
        ({"messages": [{"role": "user", "content": "a", "audio": {"id": "b"}}]}, "messages[0].audio"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(changes, param):
    error = refused(**changes)

    assert (error.status, error.code, error.param) == (400, "unsupported_parameter", param)


def test_what_nobody_knows_is_refused_rather_than_ignored():
    error = refused(temprature=0.5)

    assert (error.status, error.code, error.param) == (400, "unknown_parameter", "temprature")


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"model": "a\0b"}, "model"),
        ({"temperature": 2.1}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"top_p": 0}, "top_p"),
        ({"top_p": 1.01}, "top_p"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 1.5}, "max_tokens"),
        ({"max_completion_tokens": 10**9}, "max_completion_tokens"),
        ({"seed": 0.5}, "seed"),
        ({"n": 9}, "n"),
        ({"n": 0}, "n"),
        ({"n": True}, "n"),
        ({"logprobs": True, "top_logprobs": 21}, "top_logprobs"),
        ({"top_logprobs": 5}, "top_logprobs"),
        ({"presence_penalty": 2.5}, "presence_penalty"),
        ({"frequency_penalty": "much"}, "frequency_penalty"),
        ({"repetition_penalty": 0}, "repetition_penalty"),
        ({"repetition_penalty": 2.1}, "repetition_penalty"),
        ({"top_k": -2}, "top_k"),
        ({"top_k": 1.5}, "top_k"),
        ({"min_p": 1.5}, "min_p"),
        ({"logit_bias": [5]}, "logit_bias"),
        ({"logit_bias": {"the": 5}}, "logit_bias"),
        ({"logit_bias": {"-1": 5}}, "logit_bias"),
        ({"logit_bias": {"07": 5}}, "logit_bias"),
        ({"logit_bias": {"7": 101}}, "logit_bias.7"),
        ({"logit_bias": {"7": True}}, "logit_bias.7"),
        ({"logit_bias": {str(token): 1 for token in range(1025)}}, "logit_bias"),
        ({"messages": [{"role": "user", "content": "a", "name": "e" * 65}]}, "messages[0].name"),
        ({"response_format": {"type": "json_object", "schema": "{}"}}, "response_format.schema"),
        ({"response_format": "json"}, "response_format"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"response_format": {"type": "text", "json_schema": {}}}, "response_format.json_schema"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"schema": {}}}},
            "response_format.json_schema.name",
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {}, "mode": 1}}},
            "response_format.json_schema.mode",
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": "{}"}}},
            "response_format.json_schema.schema",
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {}, "strict": 1}}},
            "response_format.json_schema.strict",
        ),
        ({"response_format": {"type": "json_object"}, "stop": "}"}, "stop"),
        ({"seed": 1 << 70}, "seed"),
        ({"stop": ["a"] * 5}, "stop"),
        ({"stop": [""]}, "stop"),
        ({"stop": 7}, "stop"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"model": 7}, "model"),
        ({"model": ""}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": "hello"}, "messages"),
        ({"messages": ["hello"]}, "messages[0]"),
        ({"messages": [{"role": "tool", "content": "a"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": None}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": "a"}] * 257}, "messages"),
        ({"user": 7}, "user"),
        ({"safety_identifier": "a" * 513}, "safety_identifier"),
        ({"prompt_cache_key": ["a"]}, "prompt_cache_key"),
        ({"service_tier": "cheap"}, "service_tier"),
        ({"service_tier": ["auto"]}, "service_tier"),
        ({"store": "yes"}, "store"),
        ({"metadata": "a"}, "metadata"),
        ({"metadata": {"a": 1}}, "metadata"),
        ({"metadata": {str(n): "a" for n in range(17)}}, "metadata"),
    ],
)
def test_a_wrong_value_is_refused_with_the_option_s_name(changes, param):
    error = refused(**changes)

    assert (error.status, error.code, error.param) == (400, "invalid_value", param)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"7", b'{"model": NaN}', b'{"temperature": Infinity}', b'{"temperature": 1e999}',
        b"\xff\xfe", b'{"model": "\\ud800"}', b"[" * 200_000, b'{"a":' * 100_000, b'{"seed": ' + b"9" * 5000 + b"}",
    ],
)  # fmt: skip
def test_hostile_json_is_a_400(content):
    with pytest.raises(ApiError) as error:
        requests.parse_chat_request(content)

    assert (error.value.status, error.value.code) == (400, "invalid_json")


def test_a_body_beyond_the_bound_is_refused_unread(db):
    client, header = Client(), {"authorization": f"Bearer {internal_keys.make()}"}
    big = json.dumps(GOOD | {"messages": [{"role": "user", "content": "a" * (1 << 20)}]})

    answer = client.post("/v1/chat/completions", big, "application/json", headers=header)

    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "request_too_large"


def test_what_is_the_provider_s_bookkeeping_is_taken_and_named():
    question = requests.parse_chat_request(
        json.dumps(
            GOOD
            | {
                "user": "u-1", "safety_identifier": "s", "prompt_cache_key": "k", "service_tier": "auto", "store": True,
                "metadata": {"campaign": "spring"}, "prompt_cache_retention": None,
            }
        ).encode()
    )  # fmt: skip

    expected = ("metadata", "prompt_cache_key", "safety_identifier", "service_tier", "store", "user")
    assert question.unheeded == expected
    assert "metadata" not in question.as_ask("m")


def test_asking_not_to_be_stored_is_heeded():
    assert requests.parse_chat_request(json.dumps(GOOD | {"store": False}).encode()).unheeded == ()


def test_a_refusal_names_the_value_that_would_pass():
    assert "or give 1" in refused(best_of=3).message
    assert "from 1 to 8" in refused(n=9).message
    assert "from -2 to 2" in refused(presence_penalty=3).message
    assert "above 0 to 2" in refused(repetition_penalty=0).message
    assert "from -100 to 100" in refused(logit_bias={"1": 200}).message


def test_neutral_values_and_both_forms_of_content_are_taken():
    question = requests.parse_chat_request(
        json.dumps({
            "model": "m", "n": 1, "presence_penalty": 0.0, "logprobs": False, "tools": [], "tool_choice": "auto",
            "cache_prompt": True, "best_of": 1, "skip_special_tokens": True, "top_k": -1, "repetition_penalty": 1,
            "stop": "END", "response_format": {"type": "text"},
            "messages": [
                {"role": "developer", "content": "Be brief."},
                {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            ],
        }).encode()
    )  # fmt: skip

    assert question.messages == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "ab"}]
    assert question.stop == ("END",)
    assert question.as_asks("m") == [requests.parse_chat_request(json.dumps(PLAIN).encode()).as_ask("m")]


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        (None, {"form": "task"}),
        ({"type": "text"}, {"form": "task"}),
        ({"type": "json_object"}, {"form": "json_object"}),
        ({"type": "json_object", "json_schema": None}, {"form": "json_object"}),
        (
            {"type": "json_object", "schema": {"type": "null"}},
            {"form": "json_schema", "answer_schema": {"type": "null"}},
        ),
        (
            {"type": "json_schema", "json_schema": {"name": "a", "description": None, "schema": {}, "strict": None}},
            {"form": "json_schema", "answer_schema": {}},
        ),
        (
            {
                "type": "json_schema",
                "json_schema": {"name": "a", "description": "b", "schema": {"type": "null"}, "strict": True},
            },
            {"form": "json_schema", "answer_schema": {"type": "null"}},
        ),
    ],
)
def test_the_form_of_an_answer_reaches_the_engine(given, asked):
    question = requests.parse_chat_request(json.dumps(GOOD | {"response_format": given}).encode())

    ask = question.as_ask("m")
    assert {name: ask[name] for name in ("form", "answer_schema") if name in ask} == asked


@pytest.mark.parametrize(
    ("header", "given", "asked"),
    [
        ("task", None, "task"),
        ("Off", None, None),
        ("off", {"type": "text"}, None),
        ("off", {"type": "json_object"}, "json_object"),
    ],
)
def test_a_header_frees_answers_without_a_format(header, given, asked):
    question = requests.parse_chat_request(json.dumps(GOOD | {"response_format": given}).encode(), grammar=header)

    assert question.as_ask("m").get("form") == asked


def test_a_header_that_is_neither_is_refused_by_name():
    with pytest.raises(ApiError) as refused:
        requests.parse_chat_request(json.dumps(GOOD).encode(), grammar="json")

    assert (refused.value.status, refused.value.body["error"]["param"]) == (400, "X-Miniatures-Grammar")


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer nonsense", "Bearer \u00e9", "Bearer internal.x"]
)
def test_without_a_known_key_every_path_answers_401(db, header):
    client = Client()

    answers = [
        client.post("/v1/chat/completions", GOOD, "application/json", headers={"authorization": header}),
        client.get("/v1/models", headers={"authorization": header}),
        client.get("/v1/embeddings", headers={"authorization": header}),
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert all(answer.json()["error"]["type"] == "authentication_error" for answer in answers)
    assert answers[0]["WWW-Authenticate"] == "Bearer"


def test_a_known_key_on_a_path_that_is_not_there_or_with_another_verb(db):
    client, header = Client(), {"authorization": f"Bearer {internal_keys.make()}"}

    wrong = [client.get("/v1/chat/completions", headers=header), client.delete("/v1/models", headers=header)]

    assert [(each.status_code, each["Allow"]) for each in wrong] == [(405, "POST"), (405, "GET, HEAD")]
    assert client.post("/v1/embeddings", {}, "application/json", headers=header).status_code == 404
    assert client.get("/v1/models", headers=header).json() == {"object": "list", "data": []}
    assert client.get("/v1/models/gpt-4o", headers=header).json()["error"]["code"] == "model_not_found"


def test_no_model_is_looked_for_by_a_name_that_the_database_cannot_hold(lead, key_of):
    with pytest.raises(ApiError) as refused:
        api._model(f"Bearer {key_of(lead)}", "a\0b")

    assert (refused.value.status, refused.value.param) == (400, "model")
