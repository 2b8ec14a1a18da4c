"""A provider whose answers are given word by word: for what an answer says,
where `provider_server` is for how it comes.
"""

from __future__ import annotations

import asyncio
import json

from tests.generation.provider_server import Provider, _send

GOOD = json.dumps({"subject": "A depot", "body": "Shall we talk?"})


class Author(Provider):
    """Answers with the texts it is given, in turn; after the last, with a sound one. A number is a status."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str | tuple[int, str]] = []
        self.pause_s: list[float] = []

    async def _behave(self, what: str, path: str, headers: dict[str, str], writer: asyncio.StreamWriter) -> bool:
        text = self.texts.pop(0) if self.texts else GOOD
        if isinstance(text, tuple):
            status, message = text
            return await _send(writer, status, json.dumps({"error": {"message": message}}).encode())
        self.billed[headers["idempotency-key"]] += 1
        await asyncio.sleep(self.pause_s.pop(0) if self.pause_s else 0)
        return await _send(writer, 200, said(path, text))


def said(path: str, text: str) -> bytes:
    if path.startswith("/v1/messages"):
        usage = {"input_tokens": 120, "output_tokens": 40}
        content = [{"type": "text", "text": text}]
        return json.dumps({"model": "c", "content": content, "stop_reason": "end_turn", "usage": usage}).encode()
    usage = {"prompt_tokens": 120, "completion_tokens": 40}
    choices = [{"message": {"content": text}, "finish_reason": "stop"}]
    return json.dumps({"model": "g", "choices": choices, "usage": usage}).encode()
