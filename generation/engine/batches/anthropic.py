"""Anthropic's message batches through the official SDK.

They carry no name of ours: a lost one is known by its lines.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anthropic

from generation.engine.batches.errors import ErrorTranslator, created_id
from generation.engine.batches.interface import MAX_CLOCK_SKEW_S, BatchLine, BatchQuery, BatchStatus, FoundBatch
from generation.engine.batches.lines import encode_line, split_lines
from generation.engine.clients import errors
from generation.engine.clients.anthropic import AnthropicClient
from generation.engine.clients.interface import CallError, Question
from generation.engine.clients.json_bodies import UnreadableBody, json_object, object_at

PAGE = 100
SDK_ERRORS = ErrorTranslator(anthropic)
# A line that did not come in time is not billed, other than a call.
STATUSES = errors.STATUSES_OF_KINDS | {"timeout_error": 500}


class AnthropicBatches:
    """Message batches. See `BatchProvider`.

    Args:
        client: The live client of the same teacher: the same bodies, key and address.
    """

    most_requests = 100_000
    most_bytes = 256_000_000

    def __init__(self, client: AnthropicClient) -> None:
        self._client, self._sdk = client, client.sdk

    def line(self, question: Question) -> bytes:
        return encode_line({"custom_id": question.call_id, "params": self._client.form.params_of(question)})

    async def submit(self, lines: Path, *, order: str, token: str, positions: list[tuple[int, int]]) -> str:
        requests = [json.loads(line) for line in lines.read_bytes().splitlines()]
        with SDK_ERRORS.of_payment():
            made = await self._sdk.messages.batches.create(requests=requests, extra_headers={"Idempotency-Key": token})
            return created_id(made)

    async def look(self, batch_id: str) -> BatchStatus:
        with SDK_ERRORS.of_question():
            batch = await self._sdk.messages.batches.retrieve(batch_id)
            counts = batch.request_counts
            done = counts.succeeded + counts.errored + counts.expired + counts.canceled
            if batch.processing_status == "ended":
                # Results are dropped after a month; how many there were is still told.
                is_kept = batch.archived_at is None
                return BatchStatus("ended", done=done, answered=counts.succeeded, is_kept=is_kept)
            return BatchStatus("running", done=done)

    async def results(self, batch_id: str) -> AsyncIterator[BatchLine]:
        """Reading is free, so any break may be mended by reading again."""
        with SDK_ERRORS.of_question():
            batch = await self._sdk.messages.batches.retrieve(batch_id)
            self._require_own(batch.results_url or "")
            async with self._sdk.messages.batches.with_streaming_response.results(batch_id) as response:
                async for line in split_lines(response.iter_bytes()):
                    yield self._line_of(line)

    async def cancel(self, batch_id: str) -> None:
        # It may have ended by itself, or be on its way to it.
        with SDK_ERRORS.of_question(), contextlib.suppress(anthropic.BadRequestError, anthropic.ConflictError):
            await self._sdk.messages.batches.cancel(batch_id)

    async def find(self, query: BatchQuery) -> list[FoundBatch]:
        """A running batch is a guess by its size; an ended one is known by its lines.

        One whose lines are dropped may be ours if it is as old. It comes last: its calls are in doubt then, and never
        paid twice.
        """
        batches: list[FoundBatch] = []
        archived: list[FoundBatch] = []
        with SDK_ERRORS.of_question():
            async for batch in self._sdk.messages.batches.list(limit=PAGE):
                if batch.created_at.timestamp() < query.since - MAX_CLOCK_SKEW_S:
                    break
                counts = batch.request_counts
                size = counts.processing + counts.succeeded + counts.errored + counts.expired + counts.canceled
                if batch.id in query.known or size != len(query.calls):
                    continue
                if batch.processing_status != "ended":
                    batches.append(FoundBatch(batch.id, is_certain=False))
                elif batch.archived_at is not None:
                    if batch.created_at.timestamp() <= query.since + MAX_CLOCK_SKEW_S:
                        archived.append(FoundBatch(batch.id))
                elif await self._holds(batch.id, query.calls):
                    batches.append(FoundBatch(batch.id))
        return [*batches, *archived]

    async def forget(self, batch_id: str) -> None:
        """Batches have no files here; the provider drops their results by itself."""

    async def close(self) -> None:
        await self._client.close()

    async def _holds(self, batch_id: str, calls: frozenset[str]) -> bool:
        lines = self.results(batch_id)
        try:
            async with contextlib.aclosing(lines):  # type: ignore[type-var]
                async for line in lines:
                    if line.call:
                        return line.call in calls
        except CallError as error:
            # Deleted since it was listed: no batch of ours is.
            if error.code != "not_found":
                raise
        return False

    def _require_own(self, url: str) -> None:
        """Refuse foreign addresses: the SDK would send the key to whatever address the answer names."""
        here = urlsplit(str(self._sdk.base_url))
        try:
            there = urlsplit(url)
            is_own = (there.scheme, there.netloc) == (here.scheme, here.netloc)
        except ValueError:
            is_own = False
        if not is_own:
            raise CallError("fatal", "redirected", "The results are at an address that is not the provider's.")

    def _line_of(self, raw: bytes) -> BatchLine:
        try:
            line = json_object(raw)
        except UnreadableBody:
            return BatchLine()
        call, result = str(line.get("custom_id") or ""), object_at(line, "result")
        kind = result.get("type")
        if kind == "succeeded":
            return BatchLine(call, reply=self._client.form.reply_of(object_at(result, "message")))
        if kind == "errored":
            return BatchLine(call, error=_refusal(object_at(result, "error")))
        if kind in ("canceled", "expired"):
            return BatchLine(call, error=CallError("unbilled", f"batch_{kind}", "The batch ended before its turn."))
        return BatchLine()


def _refusal(body: dict[str, Any]) -> CallError:
    kind = str(object_at(body, "error").get("type") or body.get("type") or "")
    return errors.from_status(STATUSES.get(kind, 500), {}, body)
