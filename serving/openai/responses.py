"""Answers in OpenAI's shapes: one completion, the chunks of a stream, and the list of models. Pure."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from serving.openai.ignored_options import TIER

_PART_OF_CHARACTER = "\ufffd"
END = b"data: [DONE]\n\n"


@dataclass(frozen=True)
class CompletionShape:
    """Values that all parts of one answer share. `fingerprint` stands for the weights and the engine that wrote."""

    model: str
    include_usage: bool = False
    fingerprint: str = ""
    # The product's own engines are told how sure the miniature was of its words.
    is_ours: bool = False
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    def completion(self, text: str, done: dict[str, Any]) -> dict[str, Any]:
        return self.completion_of([{"text": text, "done": done}], done)

    def completion_of(self, answers: Sequence[dict[str, Any]], total: dict[str, Any]) -> dict[str, Any]:
        """A completion with a choice for each answer; `total` has the tokens of all."""
        choices = [_choice(index, answer["text"], answer["done"]) for index, answer in enumerate(answers)]
        body = {**self._head("chat.completion"), "choices": choices, "usage": usage(total)}
        return body | self._beyond_openai(answers[0]["done"])

    def first(self, index: int = 0) -> bytes:
        """The chunk that opens a choice of a stream: who speaks."""
        return self._chunk({"role": "assistant", "content": "", "refusal": None}, None, index=index)

    def piece(self, text: str, index: int = 0) -> bytes:
        return self._chunk({"content": text}, None, index=index)

    def ending(self, done: dict[str, Any], index: int = 0) -> bytes:
        """The chunk that ends a choice."""
        return self._chunk({}, done["finish"], self._beyond_openai(done), _logprobs(done), index=index)

    def last(self, done: dict[str, Any]) -> bytes:
        return self.ending(done) + self.end(done)

    def end(self, total: dict[str, Any]) -> bytes:
        """The end of a stream whose choices have all ended."""
        if not self.include_usage:
            return END
        return sse_event({**self._head("chat.completion.chunk"), "choices": [], "usage": usage(total)}) + END

    def _chunk(
        self,
        delta: dict[str, Any],
        finish: str | None,
        more: dict[str, Any] | None = None,
        logprobs: dict[str, Any] | None = None,
        *,
        index: int,
    ) -> bytes:
        choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
        body = {**self._head("chat.completion.chunk"), "choices": [choice], **(more or {})}
        return sse_event({**body, "usage": None} if self.include_usage else body)

    def _beyond_openai(self, done: dict[str, Any]) -> dict[str, Any]:
        """Probabilities of labels by field, and the route of a router; empty for other answers."""
        extras = {name: done[name] for name in ("probabilities", "router") if done.get(name)}
        return extras | ({"mean_log_prob": done["mean_log_prob"]} if self.is_ours and "mean_log_prob" in done else {})

    def _head(self, kind: str) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "service_tier": TIER,
            "system_fingerprint": self.fingerprint or None,
        }


def _choice(index: int, text: str, done: dict[str, Any]) -> dict[str, Any]:
    message = {"role": "assistant", "content": text, "refusal": None}
    return {"index": index, "message": message, "logprobs": _logprobs(done), "finish_reason": done["finish"]}


def _logprobs(done: dict[str, Any]) -> dict[str, Any] | None:
    """None unless the request asks for log probabilities."""
    if "tokens" not in done:
        return None
    content = [
        {
            "token": text,
            "logprob": value,
            "bytes": list(text.encode()),
            "top_logprobs": [_likely_token(*each) for each in likeliest],
        }
        for text, value, likeliest in done["tokens"]
    ]
    return {"content": content, "refusal": None}


def _likely_token(text: str, value: float) -> dict[str, Any]:
    """A token that may have come, with its log probability; part of a character has no bytes to tell."""
    return {"token": text, "logprob": value, "bytes": None if _PART_OF_CHARACTER in text else list(text.encode())}


def sse_event(body: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(body, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


def usage(done: dict[str, Any]) -> dict[str, int]:
    """Tokens read and written."""
    input_tokens, output_tokens = int(done["prompt_tokens"]), int(done["completion_tokens"])
    return {
        "prompt_tokens": input_tokens,
        "completion_tokens": output_tokens,
        "total_tokens": input_tokens + output_tokens,
    }


def model(name: str, *, created: int, owner: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": created, "owned_by": owner}
