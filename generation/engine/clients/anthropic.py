"""Anthropic's messages through the official SDK, its retries off."""

from __future__ import annotations

from typing import Any

import anthropic

from generation.engine.clients.sdk_client import SdkClient


class AnthropicClient(SdkClient[anthropic.AsyncAnthropic]):
    """Asks messages."""

    library = anthropic
    opened = anthropic.AsyncAnthropic
    base_url = "https://api.anthropic.com"
    request_id_header = "request-id"

    async def send(self, sdk: anthropic.AsyncAnthropic, params: dict[str, Any], call_id: str) -> Any:
        return await sdk.messages.with_raw_response.create(
            model=params.pop("model"),
            messages=[],
            max_tokens=params.pop("max_tokens"),
            extra_body=params,
            extra_headers={"Idempotency-Key": call_id},
        )
