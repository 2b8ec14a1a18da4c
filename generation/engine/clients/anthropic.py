"""Anthropic's messages through the official SDK, its retries off."""

from __future__ import annotations

from typing import Any

import anthropic

from generation.engine.clients import faults
from generation.engine.clients.bodies import Unreadable, count, json_object, part
from generation.engine.clients.ports import Finish, Question, Reply
from generation.engine.clients.settings import body_parameters
from generation.engine.contracts import Limits, TeacherSpec

BASE_URL = "https://api.anthropic.com"
FINISHES: dict[str, Finish] = {
    "end_turn": "complete",
    "stop_sequence": "complete",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refusal",
}


class AnthropicClient:
    """Asks messages.

    Args:
        teacher: Model, address and parameters.
        key: The secret.
        limits: Timeouts.
    """

    def __init__(self, teacher: TeacherSpec, key: str, limits: Limits) -> None:
        self._teacher = teacher
        timeout = anthropic.Timeout(limits.timeout_s, connect=limits.connect_timeout_s)
        self._sdk = anthropic.AsyncAnthropic(
            api_key=key,
            base_url=teacher.base_url or BASE_URL,
            max_retries=0,
            timeout=timeout,
            http_client=anthropic.DefaultAsyncHttpxClient(follow_redirects=False, timeout=timeout),
        )

    async def ask(self, question: Question) -> Reply:
        """Ask once. See `Client`."""
        body = body_parameters(self._teacher, question, length_name="max_tokens", hottest=1.0)
        system = "\n\n".join(m["content"] for m in question.messages if m["role"] == "system")
        # As part of the extra body they skip the SDK's walk over each message's type, a quarter of a call's CPU time.
        body["messages"] = [m for m in question.messages if m["role"] != "system"]
        if system:
            body["system"] = system
        try:
            raw = await self._sdk.messages.with_raw_response.create(
                model=self._teacher.model,
                messages=[],
                max_tokens=body.pop("max_tokens"),
                extra_body=body,
                extra_headers={"Idempotency-Key": question.call_id},
            )
        except anthropic.APIStatusError as error:
            raise faults.from_status(
                error.status_code, error.response.headers, error.body, error.request_id or ""
            ) from None
        except anthropic.APIConnectionError as error:
            raise faults.from_connection(error, timed_out=isinstance(error, anthropic.APITimeoutError)) from None
        return read(raw.http_response.content, raw.http_response.headers.get("request-id", ""))

    async def close(self) -> None:
        """Let connections go."""
        await self._sdk.close()


def read(content: bytes, request_id: str) -> Reply:
    """Read the body of a 200 of messages; never raises, since the answer is paid."""
    try:
        body = json_object(content)
    except Unreadable as error:
        return Reply("", finish="other", request_id=request_id, unreadable=str(error))
    usage = part(body, "usage")
    known: dict[str, Any] = {
        "input_tokens": _input_tokens(usage),
        "output_tokens": count(usage, "output_tokens"),
        "model": str(body.get("model") or ""),
        "request_id": request_id or str(body.get("id") or ""),
    }
    blocks = body.get("content")
    if not isinstance(blocks, list):
        return Reply("", finish="other", unreadable="empty: the answer has no content", **known)
    texts = [
        b["text"] for b in blocks if isinstance(b, dict) and b.get("type") == "text" and isinstance(b.get("text"), str)
    ]
    return Reply("".join(texts), finish=FINISHES.get(str(body.get("stop_reason")), "other"), **known)


def _input_tokens(usage: dict[str, Any]) -> int | None:
    """Cached tokens are counted beside the rest and billed too; at full price here, which errs on the dear side."""
    counts = [count(usage, key) for key in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")]
    return None if counts[0] is None else sum(number or 0 for number in counts)
