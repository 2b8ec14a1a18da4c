"""OpenAI's chat completions through the official SDK, its retries off. Also serves servers that speak the same."""

from __future__ import annotations

from typing import Any

import openai

from generation.engine.clients.sdk_client import SdkClient


class OpenAIClient(SdkClient[openai.AsyncOpenAI]):
    """Asks chat completions."""

    library = openai
    opened = openai.AsyncOpenAI
    base_url = "https://api.openai.com/v1"
    request_id_header = "x-request-id"

    async def send(self, sdk: openai.AsyncOpenAI, params: dict[str, Any], call_id: str) -> Any:
        return await sdk.chat.completions.with_raw_response.create(
            model=params.pop("model"),
            messages=[],
            extra_body=params,
            extra_headers={"Idempotency-Key": call_id, "X-Client-Request-Id": call_id},
        )
