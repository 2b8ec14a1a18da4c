"""Refusals of providers in their own words: whether a call is asked again, held, given up, or the order is."""

from __future__ import annotations

import pytest

from generation.engine.clients import errors
from generation.engine.clients.interface import CallError

SPENT = "You have reached your specified API usage limits. You will regain access on 2026-04-01 at 00:00 UTC."
OLDER = (
    "This model's maximum context length is 4096 tokens. However, you requested {} tokens ({} in the messages, {} in "
    "the completion). Please reduce the length of the messages or completion."
)
TOO_MUCH = "'max_tokens' or 'max_completion_tokens' is too large: 9000."


@pytest.mark.parametrize(
    ("status", "said", "fate", "code"),
    [
        (400, {"error": {"code": "context_length_exceeded", "message": "too many"}}, "rejected", "too_long"),
        (400, {"error": {"type": "invalid_request_error", "message": "prompt is too long: 9"}}, "rejected", "too_long"),
        (400, {"message": "This model's maximum context length is 4096 tokens. More came."}, "rejected", "too_long"),
        (400, {"error": {"message": "It exceeds the available context size (4096)"}}, "rejected", "too_long"),
        (400, [{"error": {"code": 400, "message": "The input token count (9) exceeds"}}], "rejected", "too_long"),
        (400, {"message": f"{TOO_MUCH} This model's maximum context length is 9."}, "rejected", "request_rejected"),
        (400, {"error": {"message": "Output blocked by content filtering policy"}}, "rejected", "content_filter"),
        (403, {"error": {"message": "This model is moderated; your input was flagged"}}, "rejected", "content_filter"),
        (403, {"error": {"message": "No.", "metadata": {"flagged_input": "a"}}}, "rejected", "content_filter"),
        (403, {"error": {"message": "Your account has been flagged for its input."}}, "fatal", "forbidden"),
        (400, {"message": OLDER.format(9100, 100, 9000)}, "rejected", "request_rejected"),
        (400, {"message": OLDER.format(4500, 4000, 500)}, "rejected", "too_long"),
        (413, {"error": {"type": "request_too_large", "message": "no"}}, "rejected", "too_long"),
        (400, {"error": {"code": "content_policy_violation", "message": "no"}}, "rejected", "content_filter"),
        (400, {"error": {"message": "Invalid schema for response_format 'x'"}}, "fatal", "schema_refused"),
        (400, {"error": {"code": "unsupported_parameter", "message": "seed"}}, "fatal", "parameter_refused"),
        (400, {"error": {"code": "model_not_found", "message": "no"}}, "fatal", "not_found"),
        (403, {"error": {"type": "billing_error", "message": "no"}}, "fatal", "out_of_funds"),
        (429, {"error": {"code": "billing_hard_limit_reached", "message": "no"}}, "fatal", "out_of_funds"),
        (400, {"error": {"type": "invalid_request_error", "message": SPENT}}, "fatal", "out_of_funds"),
        (422, "what", "rejected", "request_rejected"),
        (529, {"error": {"type": "overloaded_error"}}, "unbilled", "overloaded"),
    ],
)
def test_words_of_a_refusal_decide_where_its_status_does_not(status: int, said: object, fate: str, code: str) -> None:
    error = errors.from_status(status, {}, said)

    assert (error.fate, error.code) == (fate, code)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("<html>\n<head><title>502 Bad\n Gateway</title></head>\n<body>nginx</body></html>", "502 Bad Gateway"),
        ("<!doctype html><body>Oops</body>", "HTTP 500"),
        ({"detail": "The queue is full."}, "The queue is full."),
        ([{"error": {"code": 500, "message": "An internal error."}}], "An internal error."),
        ([], "HTTP 500"),
    ],
)
def test_a_refusal_is_worded_as_a_person_can_read_it(said: object, message: str) -> None:
    assert errors.from_status(500, {}, said).message == message


def test_a_wait_that_stands_in_the_body_alone_is_kept() -> None:
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.07s"}
    body = [{"error": {"code": 429, "message": "Slow down.", "details": [info]}}]

    assert errors.from_status(429, {}, body).wait_s == 34.07
    assert errors.from_status(429, {"retry-after": "2"}, body).wait_s == 2


@pytest.mark.parametrize(
    ("status", "fate"),
    [(500, "unknown"), (503, "unknown"), (409, "unknown"), (502, "unknown"), (429, "unbilled"), (529, "unbilled")],
)
def test_a_server_that_fails_may_have_made_what_is_paid_as_a_whole(status: int, fate: str) -> None:
    error = errors.of_creation(errors.from_status(status, {}, None), status)

    assert error.fate == fate


def test_what_costs_nothing_is_never_uncertain() -> None:
    lost, refused = CallError("unknown", "timed_out", "No."), CallError("fatal", "key_refused", "No.")

    assert errors.retryable(lost).fate == "unbilled"
    assert errors.retryable(refused) is refused
