"""OpenAI's chat completions through the official SDK, its retries off. Also serves servers that speak the same."""

from __future__ import annotations

import openai

from generation.engine.clients import errors
from generation.engine.clients.chat_completions import ChatCompletions
from generation.engine.clients.errors import as_schema_refusal
from generation.engine.clients.interface import Question, Reply
from generation.engine.clients.pools import ClientPool
from generation.engine.contracts import Limits, TeacherSpec

BASE_URL = "https://api.openai.com/v1"


class OpenAIClient:
    """Asks chat completions.

    Args:
        teacher: Whom to ask, and where.
        key: The secret; some compatible servers want none.
        limits: Timeouts.
        form: How questions and answers are written.

    Attributes:
        form: The same.
        sdk: The SDK's client, for what else the provider offers.
        shared_chars: See `Client`.
    """

    def __init__(self, teacher: TeacherSpec, key: str, limits: Limits, *, form: ChatCompletions) -> None:
        self.form = form
        self.shared_chars = form.prefix.chars
        timeout = openai.Timeout(limits.timeout_s, connect=limits.connect_timeout_s)

        def make() -> openai.AsyncOpenAI:
            return openai.AsyncOpenAI(
                api_key=key or "none",
                base_url=teacher.base_url or BASE_URL,
                max_retries=0,
                timeout=timeout,
                # A redirect would carry the key to an address nobody checked.
                http_client=openai.DefaultAsyncHttpxClient(follow_redirects=False, timeout=timeout),
            )

        self._sdks = ClientPool(make, at_once=limits.concurrency)
        self.sdk = self._sdks.all[0]

    async def ask(self, question: Question) -> Reply:
        """Ask once. See `Client`."""
        params = self.form.params_of(question)
        try:
            # As the extra body they skip the SDK's walk over each message's type, a quarter of a call's CPU time.
            raw = await self._sdks.next().chat.completions.with_raw_response.create(
                model=params.pop("model"),
                messages=[],
                extra_body=params,
                extra_headers={"Idempotency-Key": question.call_id, "X-Client-Request-Id": question.call_id},
            )
        except openai.APIStatusError as error:
            told = errors.from_sdk(error)
            raise as_schema_refusal(told) if self.form.answers else told from None
        except openai.APIConnectionError as error:
            raise errors.from_connection(error, timed_out=isinstance(error, openai.APITimeoutError)) from None
        response = raw.http_response
        return self.form.read(response.content, request_id=response.headers.get("x-request-id", ""))

    async def close(self) -> None:
        """Let connections go."""
        await self._sdks.close()
