"""How each provider's words are read: finish reasons, usage, and that one body serves live calls and batches."""

from __future__ import annotations

import json
from typing import Any

import pytest

from generation.engine.calls.parse import FailedAnswer, ParsedAnswer, parse_answer
from generation.engine.clients.factory import open_form
from generation.engine.clients.interface import CallError, Question
from generation.engine.clients.sdk_client import read
from generation.engine.contracts import TeacherSpec
from review.spec.task_spec import TaskSpec
from tests.generation.engine.conftest import TASK

SPEC = TaskSpec.model_validate(TASK)
MAIL = "Subject: A depot\n\nShall we talk?"
MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Write."}]


def form(provider: str = "openai", **over: Any) -> Any:
    base_url = "http://localhost:1/v1" if provider == "openai-compatible" else ""
    told = {"name": "t", "provider": provider, "model": "m-1", "base_url": base_url, **over}
    return open_form(TeacherSpec.model_validate(told), task=SPEC)


def chat_body(finish: str | None, text: str = MAIL, **message: Any) -> dict[str, Any]:
    return {"choices": [{"message": {"content": text, **message}, "finish_reason": finish}], "usage": {}}


def messages_body(stop: str | None, text: str = MAIL) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}], "stop_reason": stop, "usage": {}}


@pytest.mark.parametrize("finish", ["stop", "STOP", "eos_token", "stop_sequence"])
def test_a_finished_chat_completion_becomes_a_draft(finish: str) -> None:
    assert isinstance(parse_answer(SPEC, form().reply_of(chat_body(finish))), ParsedAnswer)


@pytest.mark.parametrize("stop", ["end_turn", "stop_sequence", "stop", "END_TURN"])
def test_a_finished_message_becomes_a_draft(stop: str) -> None:
    assert isinstance(parse_answer(SPEC, form("anthropic").reply_of(messages_body(stop))), ParsedAnswer)


def test_thinking_beside_the_text_of_an_answer_is_left_out() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "Which depot?"}]}
    odd = ["x", {"type": "text"}, {"type": "text", "text": 3}, {"text": "y"}]
    blocks: Any = [thinking, {"type": "text", "text": MAIL[:9]}, {"type": "text", "text": MAIL[9:]}, *odd]

    chat = form("openai-compatible").reply_of(chat_body("stop", text=blocks))
    message = form("anthropic").reply_of(messages_body("end_turn") | {"content": blocks})

    assert chat.text == message.text == MAIL


@pytest.mark.parametrize(
    ("finish", "code"),
    [
        ("length", "truncated"),
        ("model_length", "context_full"),
        ("content_filter", "content_filter"),
        ("SAFETY", "safety"),
        ("recitation", "safety"),
        ("tool_calls", "tool_use"),
        ("function_call", "tool_use"),
        ("pause_turn", "paused"),
        ("abort", "stopped_short"),
        ("brand_new_reason", "unknown_stop"),
        (None, "unknown_stop"),
    ],
)
def test_no_unfinished_chat_completion_becomes_a_draft(finish: str | None, code: str) -> None:
    outcome = parse_answer(SPEC, form().reply_of(chat_body(finish)))

    assert isinstance(outcome, FailedAnswer)
    assert outcome.code == code


@pytest.mark.parametrize(
    ("stop", "code"),
    [
        ("max_tokens", "truncated"),
        ("model_context_window_exceeded", "context_full"),
        ("refusal", "refused"),
        ("tool_use", "tool_use"),
        ("pause_turn", "paused"),
        ("brand_new_reason", "unknown_stop"),
        (None, "unknown_stop"),
    ],
)
def test_no_unfinished_message_becomes_a_draft(stop: str | None, code: str) -> None:
    outcome = parse_answer(SPEC, form("anthropic").reply_of(messages_body(stop)))

    assert isinstance(outcome, FailedAnswer)
    assert outcome.code == code


def test_a_reason_nobody_knows_is_told_in_the_providers_own_word() -> None:
    outcome = parse_answer(SPEC, form().reply_of(chat_body("brand_new_reason")))

    assert isinstance(outcome, FailedAnswer)
    assert "brand_new_reason" in outcome.message


def test_a_refusal_outweighs_a_finish_that_says_stop() -> None:
    reply = form().reply_of(chat_body("stop", text="", refusal="I cannot help with that."))

    assert (reply.finish, reply.text) == ("refusal", "I cannot help with that.")


def test_tokens_from_the_cache_are_part_of_the_input_with_both_providers() -> None:
    cache = {"cached_tokens": 1536, "cache_write_tokens": 300}
    chat = chat_body("stop") | {
        "usage": {"prompt_tokens": 2000, "completion_tokens": 40, "prompt_tokens_details": cache}
    }
    message = messages_body("end_turn") | {
        "usage": {
            "input_tokens": 100,
            "output_tokens": 40,
            "cache_read_input_tokens": 1500,
            "cache_creation_input_tokens": 400,
        }
    }

    ours, theirs = form().reply_of(chat), form("anthropic").reply_of(message)

    assert (ours.input_tokens, ours.cached_tokens, ours.cache_write_tokens) == (2000, 1536, 300)
    assert (theirs.input_tokens, theirs.cached_tokens, theirs.cache_write_tokens) == (2000, 1500, 400)


@pytest.mark.parametrize(
    "counts",
    [
        {"prompt_tokens_details": {"cached_tokens": 64}},
        {"prompt_tokens_details": None, "prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 36},
        {"cached_tokens": 64},
    ],
)
def test_a_cache_is_counted_under_each_name_that_servers_have_for_it(counts: dict[str, Any]) -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 9} | counts

    reply = form("openai-compatible").reply_of(chat_body("stop") | {"usage": usage})

    assert (reply.input_tokens, reply.cached_tokens) == (100, 64)


@pytest.mark.parametrize(
    ("usage", "output_tokens"),
    [
        # As Gemini and xAI count: the reasoning stands in the total alone.
        ({"prompt_tokens": 20, "completion_tokens": 151, "total_tokens": 553}, 533),
        ({"prompt_tokens": 20, "total_tokens": 60}, 40),
        ({"prompt_tokens": 20, "completion_tokens": 151, "total_tokens": 171}, 151),
        ({"prompt_tokens": 20, "completion_tokens": 151, "total_tokens": 0}, 151),
        ({"prompt_tokens": None, "completion_tokens": None, "total_tokens": 0}, None),
    ],
)
def test_reasoning_that_only_the_total_counts_is_paid_for(usage: dict[str, Any], output_tokens: int | None) -> None:
    reply = form("openai-compatible").reply_of(chat_body("stop") | {"usage": usage})

    assert reply.output_tokens == output_tokens


@pytest.mark.parametrize("provider", ["openai", "anthropic", "openai-compatible"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b"{}", b'{"choices": [3], "content": 3, "usage": "x"}'])
def test_no_body_makes_reading_raise(provider: str, content: bytes) -> None:
    reply = read(form(provider), content, request_id="r-1")

    assert reply.unreadable
    assert reply.request_id == "r-1"


def test_a_byte_order_mark_before_a_body_is_passed_over() -> None:
    reply = read(form(), b"\xef\xbb\xbf" + json.dumps(chat_body("stop")).encode())

    assert (reply.text, reply.unreadable) == (MAIL, "")


@pytest.mark.parametrize(
    ("code", "fate"),
    [
        (429, "unbilled"),
        ("429", "unbilled"),
        (402, "fatal"),
        (400, "rejected"),
        (502, "unknown"),
        (None, "unknown"),
        ("x", "unknown"),
    ],
)
def test_an_error_with_a_status_of_200_is_read_by_its_own_code(code: object, fate: str) -> None:
    error = {"message": "Provider returned error", "code": code, "metadata": {"raw": "The model is overloaded."}}

    with pytest.raises(CallError) as raised:
        read(form("openai-compatible"), json.dumps({"error": error, "user_id": "u"}).encode(), request_id="r-1")

    assert (raised.value.fate, raised.value.request_id) == (fate, "r-1")
    assert raised.value.message.endswith("Provider returned error: The model is overloaded.")


@pytest.mark.parametrize(
    ("kind", "fate"), [("overloaded_error", "unbilled"), ("billing_error", "fatal"), ("timeout_error", "unknown")]
)
@pytest.mark.parametrize("provider", ["anthropic", "openai-compatible"])
def test_an_error_with_a_status_of_200_is_read_by_its_kind(provider: str, kind: str, fate: str) -> None:
    body = {"type": "error", "error": {"type": kind, "message": "Not now."}}

    with pytest.raises(CallError) as raised:
        read(form(provider), json.dumps(body).encode())

    assert (raised.value.fate, raised.value.message) == (fate, "Not now.")


@pytest.mark.parametrize(
    ("provider", "length_name"),
    [("openai", "max_completion_tokens"), ("anthropic", "max_tokens"), ("openai-compatible", "max_tokens")],
)
def test_a_request_is_whole_and_plain_json(provider: str, length_name: str) -> None:
    told = form(provider, parameters={"temperature": 0.2, "max_tokens": 300})

    body = told.params_of(Question("c-1", MESSAGES, {}, seed=5, repeat=1))

    assert json.loads(json.dumps(body)) == body
    assert (body["model"], body[length_name], body["temperature"]) == ("m-1", 300, 0.35)


def test_no_parameter_makes_an_answer_longer_or_dearer_than_its_worst_case() -> None:
    dear = {"max_tokens": 300, "max_completion_tokens": 9000, "best_of": 4, "n": 2, "prediction": {}, "tools": [{}]}

    body = form("openai-compatible", parameters=dear).params_of(Question("c-1", MESSAGES, {}, seed=5, repeat=0))

    assert body["max_tokens"] == 300
    assert not body.keys() & (dear.keys() - {"max_tokens"})


def test_one_question_always_gives_the_same_body_and_is_left_as_it_was() -> None:
    question = Question("c-1", [dict(m) for m in MESSAGES], {}, seed=5, repeat=0)
    told = form("anthropic")

    first, second = told.params_of(question), told.params_of(question)

    assert first == second
    assert question.messages == MESSAGES


@pytest.mark.parametrize(
    ("base_url", "length_name", "seed_name"),
    [
        ("http://gpu-1:8000/v1", "max_tokens", "seed"),
        ("https://me.openai.azure.com/openai/v1", "max_completion_tokens", "seed"),
        ("https://api.mistral.ai/v1", "max_tokens", "random_seed"),
        ("https://generativelanguage.googleapis.com/v1beta/openai", "max_tokens", ""),
    ],
)
def test_a_compatible_server_is_asked_in_its_own_words(base_url: str, length_name: str, seed_name: str) -> None:
    body = form("openai-compatible", base_url=base_url).params_of(Question("c", MESSAGES, {}, 7, 0))

    assert [name for name in ("max_tokens", "max_completion_tokens") if name in body] == [length_name]
    assert [name for name in ("seed", "random_seed") if name in body] == [name for name in (seed_name,) if name]
