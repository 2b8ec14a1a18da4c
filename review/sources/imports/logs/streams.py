"""Answers that came as a stream of events, put together again as the one body that the same call gives without it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

from review.sources.imports.logs.messages import ASSISTANT, Json
from web import strict_json

# Server-sent events: `data: {…}`, a line each, some under `event: …`.
_SENT = re.compile(r"\s*(?:data|event|id|retry):")
_DATA = re.compile(r"^data:[ ]?(.*)$", re.MULTILINE)
_OF_CLAUDE = frozenset({"message_start", "content_block_start", "message_delta", "content_block_delta"})
# Events of Responses that hold the whole response.
_ENDS = frozenset({"response.completed", "response.incomplete", "response.failed"})
_OPEN = "an open stream"


def opened(body: object) -> Any:
    """Return the one body that events are parts of, a list of them or a server's text; anything else as it is."""
    events = body
    if isinstance(body, str) and _SENT.match(body):
        try:
            events = [strict_json.parse(data) for data in _DATA.findall(body) if data.strip() not in ("", "[DONE]")]
        except ValueError:
            return body
    if not isinstance(events, list) or not events or not all(isinstance(event, dict) for event in events):
        return body
    return _whole(events) or body


def _whole(events: Sequence[Json]) -> Json | None:
    for event in reversed(events):
        if str(event.get("type")) in _ENDS and isinstance(event.get("response"), dict):
            return cast(Json, event["response"])
    if any("candidates" in event for event in events):
        return _merged(events, "candidates")
    if any(_is_chunk(choice) for event in events for choice in _list(event.get("choices"))):
        return _merged(events, "choices")
    return _of_pieces(events)


def _is_chunk(choice: object) -> bool:
    return isinstance(choice, dict) and isinstance(choice.get("delta"), dict)


def _merged(events: Sequence[Json], key: str) -> Json:
    """Return one body of the events' candidates or choices, each with the pieces of its own."""
    by_index: dict[int, list[Json]] = {}
    for event in events:
        for place, piece in enumerate(_list(event.get(key))):
            if isinstance(piece, dict):
                by_index.setdefault(_index(piece, place), []).append(piece)
    joined = _candidate if key == "candidates" else _choice
    other = {name: value for event in events for name, value in event.items() if value is not None}
    return {**other, key: [joined(pieces) for _, pieces in sorted(by_index.items())]}


def _candidate(pieces: Sequence[Json]) -> Json:
    contents = [content for piece in pieces if isinstance(content := piece.get("content"), dict)]
    parts = [part for content in contents for part in _list(content.get("parts"))]
    last = {name: value for piece in pieces for name, value in piece.items() if value is not None}
    finish = last.get("finishReason", last.get("finish_reason")) or _OPEN
    return {**last, "content": {"role": ASSISTANT, "parts": parts}, "finishReason": finish}


def _choice(pieces: Sequence[Json]) -> Json:
    deltas = [delta for piece in pieces if isinstance(delta := piece.get("delta"), dict)]
    message = {
        "role": ASSISTANT,
        "content": "".join(str(delta.get("content") or "") for delta in deltas),
        "refusal": "".join(str(delta.get("refusal") or "") for delta in deltas),
        "tool_calls": _calls([call for delta in deltas for call in _list(delta.get("tool_calls"))]),
    }
    finish = next((reason for piece in reversed(pieces) if (reason := piece.get("finish_reason"))), _OPEN)
    return {"message": message, "finish_reason": finish}


def _calls(pieces: Sequence[Any]) -> list[Json]:
    """Return tool calls whose names and arguments came in pieces."""
    calls: dict[int, dict[str, Any]] = {}
    for piece in pieces:
        function = piece.get("function") if isinstance(piece, dict) else None
        if isinstance(function, dict):
            call = calls.setdefault(_index(piece, 0), {"id": "", "function": {"name": "", "arguments": ""}})
            call["id"] += str(piece.get("id") or "")
            for name in ("name", "arguments"):
                call["function"][name] += str(function.get(name) or "")
    return list(calls.values())


def _of_pieces(events: Sequence[Json]) -> Json | None:
    """Return Claude's message, in its own events or in Bedrock's, and the texts of Bedrock's other models."""
    texts, finish, model, is_stream = [], None, "", False
    for event in events:
        block = event.get("contentBlockDelta")
        delta = event.get("delta") or (block.get("delta") if isinstance(block, dict) else None)
        if str(event.get("type")) in _OF_CLAUDE:
            is_stream = True
        if isinstance(start := event.get("message"), dict):
            model = start.get("model") or model
        if isinstance(delta, dict):
            is_stream = True
            texts.append(str(delta.get("text") or ""))
            finish = delta.get("stop_reason") or finish
        if isinstance(stop := event.get("messageStop"), dict):
            finish = stop.get("stopReason")
        if isinstance(piece := event.get("outputText", event.get("generation")), str):
            is_stream = True
            texts.append(piece)
            finish = event.get("completionReason") or event.get("stop_reason") or finish
    message = {"type": "message", "role": ASSISTANT, "content": "".join(texts), "stop_reason": finish, "model": model}
    return message if is_stream else None


def _index(piece: Json, place: int) -> int:
    """Return the index that a piece names, or its place where it names none."""
    return index if isinstance(index := piece.get("index"), int) else place


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
