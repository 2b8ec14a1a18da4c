"""The wire format of OpenAI's chat completions, which many servers speak. Pure; knows no SDK and no network."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from generation.engine.clients.interface import Finish, Question, Reply
from generation.engine.clients.json_bodies import log_prob_at, object_at, shares_at, text_in, token_count_at
from generation.engine.clients.parameters import body_parameters, read_by_schema
from generation.engine.clients.prompt_prefix import shared_prefix
from generation.engine.contracts import TeacherSpec
from generation.engine.structured.answers import JsonAnswers
from review.spec.prompting import Message, canonical_json

# Words of OpenAI, of Anthropic, and of servers that speak as they do: vLLM, Ollama, TGI, gateways to other models.
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
        length_name: What this server calls the longest answer: newer models of OpenAI refuse `max_tokens`, and most
            compatible servers know nothing else.
        answers: How answers in JSON are asked for and read; None for answers in text.
        sample: Some prompts of the order; what they share from their beginning may come from the provider's cache.
        seed_name: What this server calls the seed; empty for one that refuses it.
        has_cache_key: Whether the server routes calls with one `prompt_cache_key` to where that is kept.

    Attributes:
        prefix: What the sample shares.
    """

    def __init__(
        self,
        teacher: TeacherSpec,
        *,
        length_name: str,
        answers: JsonAnswers | None = None,
        sample: Sequence[list[Message]] = (),
        has_cache_key: bool = False,
        seed_name: str = "seed",
    ) -> None:
        self._teacher, self._length_name, self.answers = teacher, length_name, answers
        self._seed_name = seed_name
        self.prefix = shared_prefix([self._messages(prompt) for prompt in sample])
        self._cache_key = ""
        if has_cache_key and not self.prefix.is_empty:
            shared = canonical_json([teacher.model, *self.prefix.whole, self.prefix.part])
            self._cache_key = hashlib.sha256(shared.encode()).hexdigest()[:32]

    def params_of(self, question: Question) -> dict[str, Any]:
        body = body_parameters(self._teacher, question, length_name=self._length_name)
        if self._seed_name:
            body.setdefault(self._seed_name, question.seed)
        if self._cache_key:
            body.setdefault("prompt_cache_key", self._cache_key)
        if self.answers is not None:
            held_to = {"name": "draft", "strict": True, "schema": self.answers.schema}
            body["response_format"] = {"type": "json_schema", "json_schema": held_to}
        return {"model": self._teacher.model, "messages": self._messages(question.messages), **body}

    def _messages(self, messages: list[Message]) -> list[Message]:
        return messages if self.answers is None else self.answers.put(messages)

    def reply_of(self, body: Mapping[str, Any], *, request_id: str = "") -> Reply:
        usage = object_at(body, "usage")
        cache = object_at(usage, "prompt_tokens_details")
        metadata: dict[str, Any] = {
            "input_tokens": token_count_at(usage, "prompt_tokens"),
            "output_tokens": _output_tokens(usage),
            "cached_tokens": _cached_tokens(usage),
            "cache_write_tokens": token_count_at(cache, "cache_write_tokens") or 0,
            "model": str(body.get("model") or ""),
            "request_id": request_id or str(body.get("id") or ""),
            "probabilities": shares_at(body, "probabilities"),
            # Only our own miniatures are asked as students; what another server says of itself is not comparable.
            "mean_log_prob": log_prob_at(body, "mean_log_prob") if self._teacher.audience == "student" else None,
        }
        choices = body.get("choices")
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            return Reply("", finish="other", unreadable="empty: the answer has no choices", **metadata)
        message, stop_reason = object_at(choices[0], "message"), str(choices[0].get("finish_reason") or "")
        if message.get("refusal"):
            return Reply(str(message["refusal"]), finish="refusal", stop_reason=stop_reason, **metadata)
        finish = FINISHES.get(stop_reason.lower(), "other")
        reply = Reply(text_in(message.get("content")), finish=finish, stop_reason=stop_reason, **metadata)
        return read_by_schema(self.answers, reply)


def _cached_tokens(usage: dict[str, Any]) -> int:
    """Read OpenAI's name of the tokens from a cache; DeepSeek and Moonshot have others."""
    return (
        token_count_at(object_at(usage, "prompt_tokens_details"), "cached_tokens")
        or token_count_at(usage, "prompt_cache_hit_tokens")
        or token_count_at(usage, "cached_tokens")
        or 0
    )


def _output_tokens(usage: dict[str, Any]) -> int | None:
    """Count the answer's tokens with those of its reasoning, which Gemini and xAI count in the total alone."""
    sent, written, total = (token_count_at(usage, f"{kind}_tokens") for kind in ("prompt", "completion", "total"))
    if sent is None or total is None:
        return written
    return max(total - sent, written or 0)
