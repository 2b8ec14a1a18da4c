"""Answers in OpenAI's shapes: one completion, the chunks of a stream, and the list of models. Pure."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from serving.openai.ignored_options import TIER

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
        message = {"role": "assistant", "content": text, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": _logprobs(done), "finish_reason": done["finish"]}
        body = {**self._head("chat.completion"), "choices": [choice], "usage": usage(done)}
        return body | self._beyond_openai(done)

    def first(self) -> bytes:
        """The chunk that opens a stream: who speaks."""
        return self._chunk({"role": "assistant", "content": "", "refusal": None}, None)

    def piece(self, text: str) -> bytes:
        return self._chunk({"content": text}, None)

    def last(self, done: dict[str, Any]) -> bytes:
        closing = self._chunk({}, done["finish"], self._beyond_openai(done), _logprobs(done))
        if self.include_usage:
            closing += sse_event({**self._head("chat.completion.chunk"), "choices": [], "usage": usage(done)})
        return closing + END

    def _chunk(
        self,
        delta: dict[str, Any],
        finish: str | None,
        more: dict[str, Any] | None = None,
        logprobs: dict[str, Any] | None = None,
    ) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
        body = {**self._head("chat.completion.chunk"), "choices": [choice], **(more or {})}
        return sse_event({**body, "usage": None} if self.include_usage else body)

    def _beyond_openai(self, done: dict[str, Any]) -> dict[str, Any]:
        """Probabilities of labels by field, and the route of a router; empty for other answers."""
        told = {name: done[name] for name in ("probabilities", "router") if done.get(name)}
        return told | ({"mean_log_prob": done["mean_log_prob"]} if self.is_ours and "mean_log_prob" in done else {})

    def _head(self, kind: str) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "service_tier": TIER,
            "system_fingerprint": self.fingerprint or None,
        }


def _logprobs(done: dict[str, Any]) -> dict[str, Any] | None:
    """None unless the request asks for log probabilities."""
    if "tokens" not in done:
        return None
    content = [
        {"token": text, "logprob": value, "bytes": list(text.encode()), "top_logprobs": []}
        for text, value in done["tokens"]
    ]
    return {"content": content, "refusal": None}


def sse_event(body: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(body, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


def usage(done: dict[str, Any]) -> dict[str, int]:
    """Tokens read and written."""
    given, written = int(done["prompt_tokens"]), int(done["completion_tokens"])
    return {"prompt_tokens": given, "completion_tokens": written, "total_tokens": given + written}


def model(name: str, *, created: int, owner: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": created, "owned_by": owner}
