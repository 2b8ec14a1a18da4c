"""The wire format of Anthropic's messages. Pure; knows no SDK and no network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generation.engine.clients.bodies import Unreadable, count, json_object, part
from generation.engine.clients.ports import Finish, Question, Reply
from generation.engine.clients.settings import body_parameters
from generation.engine.contracts import TeacherSpec

HOTTEST = 1.0
FINISHES: dict[str, Finish] = {
    "end_turn": "complete",
    "stop_sequence": "complete",
    "max_tokens": "length",
    "model_context_window_exceeded": "context_window",
    "refusal": "refusal",
    "tool_use": "tool_use",
    "pause_turn": "paused",
}


class Messages:
    """Questions and answers of messages.

    Args:
        teacher: Model and parameters.
    """

    def __init__(self, teacher: TeacherSpec) -> None:
        self._teacher = teacher

    def params_of(self, question: Question) -> dict[str, Any]:
        """See `WireFormat`."""
        body = body_parameters(self._teacher, question, length_name="max_tokens", hottest=HOTTEST)
        system = "\n\n".join(m["content"] for m in question.messages if m["role"] == "system")
        if system:
            body["system"] = system
        turns = [m for m in question.messages if m["role"] != "system"]
        return {"model": self._teacher.model, "messages": turns, **body}

    def reply_of(self, body: Mapping[str, Any], *, request_id: str = "") -> Reply:
        """See `WireFormat`."""
        usage = part(body, "usage")
        stop_reason = str(body.get("stop_reason") or "")
        known: dict[str, Any] = {
            "input_tokens": _input_tokens(usage),
            "output_tokens": count(usage, "output_tokens"),
            "cached_tokens": count(usage, "cache_read_input_tokens") or 0,
            "cache_write_tokens": count(usage, "cache_creation_input_tokens") or 0,
            "model": str(body.get("model") or ""),
            "request_id": request_id or str(body.get("id") or ""),
            "stop_reason": stop_reason,
        }
        blocks = body.get("content")
        if not isinstance(blocks, list):
            return Reply("", finish="other", unreadable="empty: the answer has no content", **known)
        texts = [b["text"] for b in blocks if isinstance(b, dict) and b.get("type") == "text"]
        text = "".join(piece for piece in texts if isinstance(piece, str))
        return Reply(text, finish=FINISHES.get(stop_reason, "other"), **known)

    def read(self, content: bytes, *, request_id: str = "") -> Reply:
        """See `WireFormat`."""
        try:
            body = json_object(content)
        except Unreadable as error:
            return Reply("", finish="other", request_id=request_id, unreadable=str(error))
        return self.reply_of(body, request_id=request_id)


def _input_tokens(usage: dict[str, Any]) -> int | None:
    """This provider counts tokens from and to its cache beside the rest; here all of them are input."""
    counts = [count(usage, key) for key in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")]
    return None if counts[0] is None else sum(number or 0 for number in counts)
