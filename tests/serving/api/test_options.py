"""Options that draw otherwise, and several choices: the official client against the real stack."""

from __future__ import annotations

import json
from collections import defaultdict

import jsonschema
import openai
import pytest

from miniatures_site.api import schema
from serving.models import Usage
from tests.serving.api.test_conformance import SCHEMA, ask, by_schema
from tests.serving.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]
HOT = {"temperature": 1.3, "seed": 7}


def texts_of(answer):
    return [choice.message.content for choice in answer.choices]


def test_choices_differ_come_again_by_their_seed_and_stream_with_their_index(client):
    usage = {"stream": True, "stream_options": {"include_usage": True}}
    answer, again = ask(client, n=3, **HOT), ask(client, n=3, **HOT)
    first, unseeded = ask(client, **HOT), ask(client, n=2)
    texts, ends, chunks = defaultdict(str), {}, list(ask(client, n=3, **HOT, **usage))
    for chunk in chunks[:-1]:
        (choice,) = chunk.choices
        texts[choice.index] += choice.delta.content or ""
        ends |= {choice.index: choice.finish_reason} if choice.finish_reason else {}

    whole = schema.whole()["components"]
    jsonschema.validate(answer.model_dump(), {**whole["schemas"]["V1ChatCompletion"], "components": whole})
    assert [choice.index for choice in answer.choices] == [0, 1, 2]
    assert len(set(texts_of(answer))) == 3 and texts_of(again) == texts_of(answer)
    assert texts_of(answer)[0] == texts_of(first)[0]
    assert len(set(texts_of(unseeded))) == 2
    assert [texts[index] for index in range(3)] == texts_of(answer)
    assert [ends[index] for index in range(3)] == [choice.finish_reason for choice in answer.choices]
    assert (chunks[-1].choices, chunks[-1].usage) == ([], answer.usage)
    assert answer.usage.prompt_tokens == first.usage.prompt_tokens
    assert answer.usage.completion_tokens > first.usage.completion_tokens


@pytest.mark.slow
def test_a_request_for_several_choices_counts_once_and_one_refusal_ends_all(client):
    usage = ask(client, n=4, **HOT).usage
    with pytest.raises(openai.BadRequestError) as refused:
        ask(client, n=4, messages=[{"role": "user", "content": "a longer prompt than fits " * 300}])
    with pytest.raises(openai.BadRequestError):
        ask(client, n=4, stream=True, logit_bias={"99999999": 1})

    wait_until(lambda: Usage.objects.filter(requests=3).exists())
    row = Usage.objects.get()
    assert refused.value.code == "context_length_exceeded"
    assert (row.errors, row.prompt_tokens, row.completion_tokens) == (2, usage.prompt_tokens, usage.completion_tokens)


@pytest.mark.slow
def test_the_likeliest_tokens_stand_beside_each_token(client):
    told = ask(client, logprobs=True, top_logprobs=5).choices[0].logprobs.content
    chunks = list(ask(client, logprobs=True, top_logprobs=5, stream=True))

    for each in told:
        values = [other.logprob for other in each.top_logprobs]
        assert len(values) == 5 and values == sorted(values, reverse=True)
        # Without a temperature the likeliest is written; a part of a character is whole with a later token.
        likeliest = each.top_logprobs[0]
        assert each.logprob == likeliest.logprob
        # A special token is written as nothing.
        assert each.token.endswith(likeliest.token) or likeliest.bytes is None or not each.token
    assert chunks[-1].choices[0].logprobs.content == told
    assert len(ask(client, logprobs=True, top_logprobs=20).choices[0].logprobs.content[0].top_logprobs) == 20


@pytest.mark.slow
def test_options_of_other_servers_reach_the_draw_through_the_client_s_extra_body(client):
    plain, hot = texts_of(ask(client)), texts_of(ask(client, **HOT))

    assert texts_of(ask(client, **HOT, extra_body={"top_k": 1})) == plain
    assert texts_of(ask(client, **HOT, extra_body={"min_p": 1.0})) == plain
    assert texts_of(ask(client, **HOT, extra_body={"top_k": -1, "min_p": 0, "repetition_penalty": 1.0})) == hot
    assert texts_of(ask(client, extra_body={"repetition_penalty": 2.0})) != plain
    assert texts_of(ask(client, frequency_penalty=2, presence_penalty=2)) != plain


@pytest.mark.slow
def test_a_bias_is_added_and_what_a_grammar_forbids_stays_forbidden(client):
    biases = {str(token): 100 for token in range(5, 60)}

    held = ask(client, response_format=by_schema(SCHEMA), max_tokens=60, logit_bias=biases, presence_penalty=-2)
    with pytest.raises(openai.BadRequestError) as refused:
        ask(client, logit_bias={"99999999": 1})

    assert json.loads(held.choices[0].message.content)["label"] in ("a", "b")
    assert (refused.value.code, refused.value.param) == ("invalid_logit_bias", "logit_bias")


def test_what_other_clients_send_beside_it_changes_nothing(client):
    plain = ask(client)

    raw = client.chat.completions.with_raw_response.create(
        model=plain.model, max_tokens=24, n=None, stop=None, seed=None, temperature=None, top_p=None, logit_bias=None,
        response_format=None, tools=None, tool_choice=None, user=None, parallel_tool_calls=True, frequency_penalty=0,
        messages=[{"role": "user", "content": [{"type": "text", "text": "company: Northwind"}], "name": "eve"}],
        extra_body={"tools": [], "min_p": None, "top_k": None, "cache_prompt": True, "guided_json": None},
    )  # fmt: skip

    assert texts_of(raw.parse()) == texts_of(plain)
    assert raw.headers["x-miniatures-unheeded"] == "messages.name"
