"""Streams and errors of chat completions as servers of the field write them."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from serving.backends.contracts import Ending, ServerLostError
from serving.backends.url.chat_wire import ChatStream
from serving.backends.vllm.server import error_of

pytestmark = pytest.mark.engine
USAGE = {"prompt_tokens": 7, "completion_tokens": 2}
END = Ending("stop", 7, 2)


def said(text: str, finish: str | None = None, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}], **more}


def read(*events: Any, begins: str = "data: ") -> tuple[str, Ending | None]:
    """The text of a stream's events up to its end, as the backend reads them."""
    stream, text = ChatStream(), ""
    for event in events:
        piece = stream.read(f"{begins}{event if isinstance(event, str) else json.dumps(event)}")
        text += piece.text if piece else ""
        if stream.ending:
            break
    return text, stream.ending


@pytest.mark.parametrize(
    "events",
    [
        [said("so "), said("it is"), said("", "stop"), {"choices": [], "usage": USAGE}, "[DONE]"],
        # Mistral, DeepSeek and others.
        [said("so "), said("it is"), said("", "stop", usage=USAGE), "[DONE]"],
        # Gemini.
        [said("so ", usage={**USAGE, "completion_tokens": 1}), said("it is", "stop", usage=USAGE)],
        # Azure.
        [{"choices": [], "prompt_filter_results": []}, said("so it is", "stop", usage=None), {"usage": USAGE}],
        [said("so ", error=None), said("it is", "stop"), {"choices": None, "usage": USAGE}],
    ],
)
def test_the_usage_may_come_with_the_last_words_or_after_them(events):
    assert read(*events) == ("so it is", END)


def test_no_space_need_follow_the_name_of_a_field():
    assert read(said("a", "stop", usage=USAGE), "[DONE]", begins="data:") == ("a", END)


def test_a_server_that_tells_no_usage_still_ends_its_answer():
    assert read(said("a", "length"), "[DONE]") == ("a", Ending("length"))


def test_likeliest_tokens_may_be_null():
    told = {"content": [{"token": "a", "logprob": -0.5, "top_logprobs": None}]}
    event = said("a")
    event["choices"][0]["logprobs"] = told

    piece = ChatStream().read(f"data: {json.dumps(event)}")

    assert [(each.log_prob, each.likeliest) for each in piece.log_probs] == [(-0.5, ())]


@pytest.mark.parametrize(
    "event",
    [
        {"error": {"message": "overloaded"}},
        "<html>502</html>",
        [],
        {"choices": ["a"]},
        {"choices": [{"delta": {}, "logprobs": {"content": [{"token": "a", "logprob": None}]}}]},
        said("", "content_filter", usage=USAGE),
    ],
)
def test_an_error_or_anything_else_is_no_answer(event):
    with pytest.raises(ServerLostError):
        read(said("a"), event)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"error": {"message": "too long", "code": 400}}, "too long"),
        ({"error": "too long"}, "too long"),
        ({"object": "error", "message": "too long"}, "too long"),
        ({"detail": "too long"}, "{'detail': 'too long'}"),
        (["too long"], "HTTP 400"),
    ],
)
def test_the_reason_of_a_refusal_is_found_where_the_server_puts_it(body, told):
    assert error_of(httpx.Response(400, json=body)) == told


def test_a_page_of_a_proxy_is_named_by_its_status():
    assert error_of(httpx.Response(502, html="<html>Bad Gateway</html>")) == "HTTP 502"
