"""OpenAI's batches through the official SDK: a file of requests, a batch of it, a file of answers and one of errors."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

import openai

from generation.engine.batches.errors import ErrorTranslator, created_id
from generation.engine.batches.interface import MAX_CLOCK_SKEW_S, BatchLine, BatchQuery, BatchStatus, FoundBatch
from generation.engine.batches.lines import encode_line, split_lines
from generation.engine.clients import errors
from generation.engine.clients.interface import CallError, Question
from generation.engine.clients.json_bodies import UnreadableBody, json_object, object_at
from generation.engine.clients.openai import OpenAIClient
from web import strict_json

ENDPOINT: Literal["/v1/chat/completions"] = "/v1/chat/completions"
ENDED = frozenset({"completed", "expired", "cancelled"})
# Members of a batch's metadata; a value holds 512 characters.
ORDER, TOKEN, POSITIONS = "miniatures_order", "miniatures_batch", "miniatures_positions"
MOST_METADATA_CHARS = 512
PAGE = 100
SDK_ERRORS = ErrorTranslator(openai)


class OpenAIBatches:
    """Batches of chat completions. See `BatchProvider`.

    Args:
        client: The live client of the same teacher: the same bodies, key and address.
    """

    most_requests = 50_000
    most_bytes = 200_000_000

    def __init__(self, client: OpenAIClient) -> None:
        self._client, self._sdk = client, client.sdk

    def line(self, question: Question) -> bytes:
        body = self._client.form.params_of(question)
        return encode_line({"custom_id": question.call_id, "method": "POST", "url": ENDPOINT, "body": body})

    async def submit(self, lines: Path, *, order: str, token: str, positions: list[tuple[int, int]]) -> str:
        """A file that was uploaded for nothing costs nothing, and is deleted."""
        content = lines.read_bytes()
        with SDK_ERRORS.of_question():
            file = created_id(await self._sdk.files.create(file=(f"{token}.jsonl", content), purpose="batch"))
        metadata = {ORDER: order, TOKEN: token, POSITIONS: _encode_positions(positions)}
        try:
            return await self._created(file, token, metadata)
        except CallError as error:
            # Where nobody knows whether it was begun, the file may be in use.
            if error.fate != "unknown":
                with contextlib.suppress(CallError):
                    await self._delete(file)
            raise

    async def _created(self, file: str, token: str, metadata: dict[str, str]) -> str:
        with SDK_ERRORS.of_payment():
            made = await self._sdk.batches.create(
                input_file_id=file,
                endpoint=ENDPOINT,
                completion_window="24h",
                metadata=metadata,
                extra_headers={"Idempotency-Key": token},
            )
            return created_id(made)

    async def look(self, batch_id: str) -> BatchStatus:
        with SDK_ERRORS.of_question():
            batch = await self._sdk.batches.retrieve(batch_id)
            counts = batch.request_counts
            done = counts.completed + counts.failed if counts else 0
            if batch.status == "failed":
                errors = (batch.errors.data or []) if batch.errors else []
                message = "; ".join(str(error.message) for error in errors[:3])[:500]
                return BatchStatus("refused", code=str(errors[0].code or "") if errors else "", message=message)
            if batch.status in ENDED:
                return BatchStatus("ended", done=done, answered=counts.completed if counts else None)
            return BatchStatus("running", done=done)

    async def results(self, batch_id: str) -> AsyncIterator[BatchLine]:
        with SDK_ERRORS.of_question():
            batch = await self._sdk.batches.retrieve(batch_id)
        for file_id in filter(None, (batch.output_file_id, batch.error_file_id)):
            with SDK_ERRORS.of_question():
                async with self._sdk.files.with_streaming_response.content(file_id) as response:
                    async for line in split_lines(response.iter_bytes()):
                        yield self._line_of(line)

    async def cancel(self, batch_id: str) -> None:
        # It may have ended by itself, or be on its way to it.
        with SDK_ERRORS.of_question(), contextlib.suppress(openai.BadRequestError, openai.ConflictError):
            await self._sdk.batches.cancel(batch_id)

    async def find(self, query: BatchQuery) -> list[FoundBatch]:
        """Batches carry the order's id and their token."""
        batches: list[FoundBatch] = []
        with SDK_ERRORS.of_question():
            async for batch in self._sdk.batches.list(limit=PAGE):
                if batch.created_at < query.since - MAX_CLOCK_SKEW_S:
                    break
                metadata = batch.metadata or {}
                is_wanted = metadata.get(ORDER) == query.order and query.token in ("", metadata.get(TOKEN))
                if is_wanted and batch.id not in query.known:
                    batches.append(
                        FoundBatch(batch.id, metadata.get(TOKEN, ""), _decode_positions(metadata.get(POSITIONS, "")))
                    )
        return batches

    async def forget(self, batch_id: str) -> None:
        """Delete answers, errors and requests. One file that stays keeps no other."""
        with SDK_ERRORS.of_question():
            batch = await self._sdk.batches.retrieve(batch_id)
        failed: CallError | None = None
        for file in filter(None, (batch.output_file_id, batch.error_file_id, batch.input_file_id)):
            try:
                await self._delete(file)
            except CallError as error:
                failed = error
        if failed is not None:
            raise failed

    async def _delete(self, file: str) -> None:
        with SDK_ERRORS.of_question(), contextlib.suppress(openai.NotFoundError):
            await self._sdk.files.delete(file)

    async def close(self) -> None:
        await self._client.close()

    def _line_of(self, raw: bytes) -> BatchLine:
        try:
            line = json_object(raw)
        except UnreadableBody:
            return BatchLine()
        call, response = str(line.get("custom_id") or ""), object_at(line, "response")
        body, request_id = object_at(response, "body"), str(response.get("request_id") or "")
        if response.get("status_code") == 200:
            return BatchLine(call, reply=self._client.form.reply_of(body, request_id=request_id))
        if isinstance(status := response.get("status_code"), int):
            return BatchLine(call, error=errors.from_status(status, {}, response.get("body"), request_id))
        # A line that says neither what was answered nor what went wrong tells nothing of its call.
        return BatchLine(call, error=_unbilled_error(error)) if (error := object_at(line, "error")) else BatchLine()


def _unbilled_error(error: dict[str, Any]) -> CallError:
    """An error without a status: the batch ended before its turn, and nothing of it is billed."""
    message = str(error.get("message") or "The batch ended before its turn.")
    return CallError("unbilled", str(error.get("code") or "batch_unanswered"), message)


def _encode_positions(positions: list[tuple[int, int]]) -> str:
    """Encode runs in as few characters as metadata holds; too many become one run that covers them all."""
    text = json.dumps(positions, separators=(",", ":"))
    if len(text) <= MOST_METADATA_CHARS:
        return text
    return json.dumps([[positions[0][0], positions[-1][1]]])


def _decode_positions(text: str) -> tuple[tuple[int, int], ...]:
    try:
        return tuple((int(first), int(last)) for first, last in strict_json.parse(text))
    except (ValueError, TypeError):
        return ()
