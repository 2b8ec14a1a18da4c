"""Answers in pieces of a form that no vendor sends: their file is read, and a value of its own breaks nothing."""

from __future__ import annotations

from typing import Any

import pytest

from review.sources.imports.logs.bodies import answers_in
from review.sources.imports.logs.streams import opened

ODD: list[Any] = ["x", [], {}, 0.5, None, True]


@pytest.mark.parametrize("odd", ODD)
def test_pieces_whose_index_is_no_number_are_joined_by_their_place(odd: Any) -> None:
    call = {"index": odd, "id": "call_3", "function": {"name": "find_order", "arguments": "{}"}}
    chunks = [
        {"choices": [{"index": odd, "delta": {"content": "At the "}}]},
        {"choices": [{"index": odd, "delta": {"content": "depot.", "tool_calls": [call]}, "finish_reason": "stop"}]},
    ]
    candidates = [{"candidates": [{"index": odd, "content": {"parts": [{"text": text}]}}]} for text in ("At ", "once.")]

    (choice,) = opened(chunks)["choices"]
    (candidate,) = opened(candidates)["candidates"]

    assert choice["message"]["content"] == "At the depot."
    assert choice["message"]["tool_calls"] == [{"id": "call_3", "function": call["function"]}]
    assert [part["text"] for part in candidate["content"]["parts"]] == ["At ", "once."]


@pytest.mark.parametrize("odd", ODD)
def test_events_that_name_no_kind_are_no_stream(odd: Any) -> None:
    events = [{"type": odd, "contentBlockDelta": odd, "messageStop": odd, "message": odd}]

    assert opened(events) is events


@pytest.mark.parametrize("odd", ODD)
def test_a_stream_with_a_strange_end_is_read(odd: Any) -> None:
    for ending in ("finish_reason", "finishReason", "stop_reason", "completionReason", "model"):
        for events in (
            [{"choices": [{"delta": {"content": "Yes."}, ending: odd}]}],
            [{"candidates": [{"content": {"parts": [{"text": "Yes."}]}, ending: odd}]}],
            [{"type": "message_delta", "delta": {"text": "Yes.", ending: odd}}],
            [{"outputText": "Yes.", ending: odd}],
        ):
            assert answers_in(events)
