"""Anthropic's messages through the official SDK, its retries off."""

from __future__ import annotations

from typing import Any

import anthropic

from generation.engine.clients import bounded_answers, checked_connections
from generation.engine.clients.messages import Messages
from generation.engine.clients.sdk_client import SdkClient
from generation.engine.contracts import Limits, TeacherSpec

BASE_URL = "https://api.anthropic.com"


class AnthropicClient(SdkClient[anthropic.AsyncAnthropic]):
    """Asks messages."""

    status_error = anthropic.APIStatusError
    connection_error = anthropic.APIConnectionError
    timeout_error = anthropic.APITimeoutError
    request_id_header = "request-id"

    def __init__(self, teacher: TeacherSpec, key: str, limits: Limits, *, form: Messages) -> None:
        timeout = anthropic.Timeout(limits.timeout_s, connect=limits.connect_timeout_s)

        def make() -> anthropic.AsyncAnthropic:
            # A redirect would carry the key to an unchecked address.
            plain = bounded_answers.bounded(anthropic.DefaultAsyncHttpxClient(follow_redirects=False, timeout=timeout))
            return anthropic.AsyncAnthropic(
                api_key=key,
                base_url=teacher.base_url or BASE_URL,
                max_retries=0,
                timeout=timeout,
                http_client=checked_connections.checked(plain, limits.private_hosts),
            )

        super().__init__(form, make, at_once=limits.concurrency)

    async def send(self, sdk: anthropic.AsyncAnthropic, params: dict[str, Any], call_id: str) -> Any:
        return await sdk.messages.with_raw_response.create(
            model=params.pop("model"),
            messages=[],
            max_tokens=params.pop("max_tokens"),
            extra_body=params,
            extra_headers={"Idempotency-Key": call_id},
        )
