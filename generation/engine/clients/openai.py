"""OpenAI's chat completions through the official SDK, its retries off. Also serves servers that speak the same."""

from __future__ import annotations

from typing import Any

import openai

from generation.engine.clients import faults
from generation.engine.clients.bodies import Unreadable, count, json_object, part
from generation.engine.clients.ports import Finish, Question, Reply
from generation.engine.clients.settings import body_parameters
from generation.engine.contracts import Limits, TeacherSpec

BASE_URL = "https://api.openai.com/v1"
FINISHES: dict[str, Finish] = {"stop": "complete", "length": "length", "content_filter": "content_filter"}


class OpenAIClient:
    """Asks chat completions.

    Args:
        teacher: Model, address and parameters.
        key: The secret; some compatible servers want none.
        limits: Timeouts.
        length_name: What this server calls the longest answer: newer models of OpenAI refuse `max_tokens`, and most
            compatible servers know nothing else.
    """

    def __init__(self, teacher: TeacherSpec, key: str, limits: Limits, *, length_name: str) -> None:
        self._teacher, self._length_name = teacher, length_name
        timeout = openai.Timeout(limits.timeout_s, connect=limits.connect_timeout_s)
        self._sdk = openai.AsyncOpenAI(
            api_key=key or "none",
            base_url=teacher.base_url or BASE_URL,
            max_retries=0,
            timeout=timeout,
            # A redirect would carry the key to an address nobody checked.
            http_client=openai.DefaultAsyncHttpxClient(follow_redirects=False, timeout=timeout),
        )

    async def ask(self, question: Question) -> Reply:
        """Ask once. See `Client`."""
        body = body_parameters(self._teacher, question, length_name=self._length_name)
        body.setdefault("seed", question.seed)
        # As part of the extra body they skip the SDK's walk over each message's type, a quarter of a call's CPU time.
        body["messages"] = question.messages
        try:
            raw = await self._sdk.chat.completions.with_raw_response.create(
                model=self._teacher.model,
                messages=[],
                extra_body=body,
                extra_headers={"Idempotency-Key": question.call_id, "X-Client-Request-Id": question.call_id},
            )
        except openai.APIStatusError as error:
            raise faults.from_status(
                error.status_code, error.response.headers, error.body, error.request_id or ""
            ) from None
        except openai.APIConnectionError as error:
            raise faults.from_connection(error, timed_out=isinstance(error, openai.APITimeoutError)) from None
        return read(raw.http_response.content, raw.http_response.headers.get("x-request-id", ""))

    async def close(self) -> None:
        """Let connections go."""
        await self._sdk.close()


def read(content: bytes, request_id: str) -> Reply:
    """Read the body of a 200 of chat completions; never raises, since the answer is paid."""
    try:
        body = json_object(content)
    except Unreadable as error:
        return Reply("", finish="other", request_id=request_id, unreadable=str(error))
    usage = part(body, "usage")
    known: dict[str, Any] = {
        "input_tokens": count(usage, "prompt_tokens"),
        "output_tokens": count(usage, "completion_tokens"),
        "model": str(body.get("model") or ""),
        "request_id": request_id or str(body.get("id") or ""),
    }
    choices = body.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return Reply("", finish="other", unreadable="empty: the answer has no choices", **known)
    message = part(choices[0], "message")
    text = message.get("content")
    if message.get("refusal"):
        return Reply(str(message["refusal"]), finish="refusal", **known)
    finish = FINISHES.get(str(choices[0].get("finish_reason")), "other")
    return Reply(text if isinstance(text, str) else "", finish=finish, **known)
