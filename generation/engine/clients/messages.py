"""The wire format of Anthropic's messages. Pure; knows no SDK and no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from generation.engine.clients.chat_completions import FINISHES
from generation.engine.clients.interface import Question, Reply
from generation.engine.clients.json_bodies import object_at, text_in, token_count_at
from generation.engine.clients.parameters import body_parameters, read_by_schema
from generation.engine.clients.prompt_prefix import shared_prefix
from generation.engine.contracts import TeacherSpec
from generation.engine.structured.answers import JsonAnswers
from review.spec.prompting import Message

HIGHEST_TEMPERATURE = 1.0
CACHE_CONTROL = {"type": "ephemeral"}


class Messages:
    """Questions and answers of messages.

    Args:
        answers: How answers in JSON are asked for and read; None for answers in text.
        sample: Some prompts of the order; what they share from their beginning is marked for the provider's cache.

    Attributes:
        prefix: What the sample shares.
    """

    def __init__(
        self, teacher: TeacherSpec, *, answers: JsonAnswers | None = None, sample: Sequence[list[Message]] = ()
    ) -> None:
        self._teacher, self.answers = teacher, answers
        self.prefix = shared_prefix([self._messages(prompt) for prompt in sample])

    def params_of(self, question: Question) -> dict[str, Any]:
        """Mark at most three places for the cache; the provider takes four."""
        body = body_parameters(self._teacher, question, length_name="max_tokens", hottest=HIGHEST_TEMPERATURE)
        messages = self._messages(question.messages)
        shared, part = self.prefix.reach(messages)
        head = [place for place, message in enumerate(messages) if message["role"] == "system"]
        if head:
            system = "\n\n".join(messages[place]["content"] for place in head)
            body["system"] = [_block(system, is_cached=True)] if head[-1] < shared else system
        turns = [
            _turn(message, part=part if place == shared else "", is_cached=place == shared - 1)
            for place, message in enumerate(messages)
            if message["role"] != "system"
        ]
        if self.answers is not None:
            config = body.get("output_config")
            held_to = {"format": {"type": "json_schema", "schema": self.answers.schema}}
            body["output_config"] = (config if isinstance(config, dict) else {}) | held_to
        return {"model": self._teacher.model, "messages": turns, **body}

    def _messages(self, messages: list[Message]) -> list[Message]:
        return messages if self.answers is None else self.answers.put(messages)

    def reply_of(self, body: Mapping[str, Any], *, request_id: str = "") -> Reply:
        usage = object_at(body, "usage")
        stop_reason = str(body.get("stop_reason") or "")
        metadata: dict[str, Any] = {
            "input_tokens": _input_tokens(usage),
            "output_tokens": token_count_at(usage, "output_tokens"),
            "cached_tokens": token_count_at(usage, "cache_read_input_tokens") or 0,
            "cache_write_tokens": token_count_at(usage, "cache_creation_input_tokens") or 0,
            "model": str(body.get("model") or ""),
            "request_id": request_id or str(body.get("id") or ""),
            "stop_reason": stop_reason,
        }
        blocks = body.get("content")
        if not isinstance(blocks, list):
            return Reply("", finish="other", unreadable="empty: the answer has no content", **metadata)
        reply = Reply(text_in(blocks), finish=FINISHES.get(stop_reason.lower(), "other"), **metadata)
        return read_by_schema(self.answers, reply)


def _input_tokens(usage: dict[str, Any]) -> int | None:
    """Add tokens from and to the cache: this provider counts them beside the rest."""
    counts = [
        token_count_at(usage, key) for key in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    ]
    return None if counts[0] is None else sum(number or 0 for number in counts)


def _turn(message: Message, *, part: str, is_cached: bool) -> dict[str, Any]:
    """End the cache in a message by splitting it into blocks."""
    text = message["content"]
    if is_cached:
        return {"role": message["role"], "content": [_block(text, is_cached=True)]}
    if part and len(part) < len(text):
        blocks = [_block(part, is_cached=True), _block(text[len(part) :], is_cached=False)]
        return {"role": message["role"], "content": blocks}
    return dict(message)


def _block(text: str, *, is_cached: bool) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "text", "text": text}
    return block | {"cache_control": CACHE_CONTROL} if is_cached else block
