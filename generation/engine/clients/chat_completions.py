"""The wire format of OpenAI's chat completions, which many servers speak. Pure; knows no SDK and no network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generation.engine.clients.bodies import Unreadable, count, json_object, part
from generation.engine.clients.ports import Finish, Question, Reply
from generation.engine.clients.settings import body_parameters
from generation.engine.contracts import TeacherSpec

# Words of OpenAI, and those of servers that speak the same: vLLM, Ollama, TGI, gateways to other models.
FINISHES: dict[str, Finish] = {
    "stop": "complete",
    "eos": "complete",
    "eos_token": "complete",
    "end_turn": "complete",
    "stop_sequence": "complete",
    "length": "length",
    "max_tokens": "length",
    "model_length": "context_window",
    "model_context_window_exceeded": "context_window",
    "content_filter": "content_filter",
    "safety": "safety",
    "recitation": "safety",
    "prohibited_content": "safety",
    "blocklist": "safety",
    "refusal": "refusal",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "tool_use": "tool_use",
    "pause_turn": "paused",
    "error": "failed",
    "abort": "failed",
}


class ChatCompletions:
    """Questions and answers of chat completions.

    Args:
        teacher: Model and parameters.
        length_name: What this server calls the longest answer: newer models of OpenAI refuse `max_tokens`, and most
            compatible servers know nothing else.
    """

    def __init__(self, teacher: TeacherSpec, *, length_name: str) -> None:
        self._teacher, self._length_name = teacher, length_name

    def params_of(self, question: Question) -> dict[str, Any]:
        """See `WireFormat`."""
        body = body_parameters(self._teacher, question, length_name=self._length_name)
        body.setdefault("seed", question.seed)
        return {"model": self._teacher.model, "messages": question.messages, **body}

    def reply_of(self, body: Mapping[str, Any], *, request_id: str = "") -> Reply:
        """See `WireFormat`."""
        usage = part(body, "usage")
        known: dict[str, Any] = {
            "input_tokens": count(usage, "prompt_tokens"),
            "output_tokens": count(usage, "completion_tokens"),
            "cached_tokens": count(part(usage, "prompt_tokens_details"), "cached_tokens") or 0,
            "model": str(body.get("model") or ""),
            "request_id": request_id or str(body.get("id") or ""),
        }
        choices = body.get("choices")
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            return Reply("", finish="other", unreadable="empty: the answer has no choices", **known)
        message, stop_reason = part(choices[0], "message"), str(choices[0].get("finish_reason") or "")
        text = message.get("content")
        if message.get("refusal"):
            return Reply(str(message["refusal"]), finish="refusal", stop_reason=stop_reason, **known)
        finish = FINISHES.get(stop_reason.lower(), "other")
        return Reply(text if isinstance(text, str) else "", finish=finish, stop_reason=stop_reason, **known)

    def read(self, content: bytes, *, request_id: str = "") -> Reply:
        """See `WireFormat`."""
        try:
            body = json_object(content)
        except Unreadable as error:
            return Reply("", finish="other", request_id=request_id, unreadable=str(error))
        return self.reply_of(body, request_id=request_id)
