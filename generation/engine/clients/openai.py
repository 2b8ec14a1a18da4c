"""OpenAI's chat completions through the official SDK, its retries off. Also serves servers that speak the same."""

from __future__ import annotations

from typing import Any

import openai

from generation.engine.clients import bounded_answers, checked_connections
from generation.engine.clients.chat_completions import ChatCompletions
from generation.engine.clients.sdk_client import SdkClient
from generation.engine.contracts import Limits, TeacherSpec

BASE_URL = "https://api.openai.com/v1"


class OpenAIClient(SdkClient[openai.AsyncOpenAI]):
    """Asks chat completions.

    Args:
        key: The secret; some compatible servers want none.
    """

    status_error = openai.APIStatusError
    connection_error = openai.APIConnectionError
    timeout_error = openai.APITimeoutError
    request_id_header = "x-request-id"

    def __init__(self, teacher: TeacherSpec, key: str, limits: Limits, *, form: ChatCompletions) -> None:
        timeout = openai.Timeout(limits.timeout_s, connect=limits.connect_timeout_s)

        def make() -> openai.AsyncOpenAI:
            # A redirect would carry the key to an unchecked address.
            plain = bounded_answers.bounded(openai.DefaultAsyncHttpxClient(follow_redirects=False, timeout=timeout))
            return openai.AsyncOpenAI(
                api_key=key or "none",
                base_url=teacher.base_url or BASE_URL,
                max_retries=0,
                timeout=timeout,
                http_client=checked_connections.checked(plain, limits.private_hosts),
            )

        super().__init__(form, make, at_once=limits.concurrency)

    async def send(self, sdk: openai.AsyncOpenAI, params: dict[str, Any], call_id: str) -> Any:
        return await sdk.chat.completions.with_raw_response.create(
            model=params.pop("model"),
            messages=[],
            extra_body=params,
            extra_headers={"Idempotency-Key": call_id, "X-Client-Request-Id": call_id},
        )
