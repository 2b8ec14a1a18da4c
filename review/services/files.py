"""Bytes of frozen files: which one is meant, which part of it, and its blocks."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

from django.core.files.storage import default_storage

from review.exports import FORMATS
from review.models import DatasetFile, DatasetVersion
from review.selectors import datasets as selectors
from review.states import Split
from web.errors import Refusal

BLOCK_BYTES = 1 << 18
_RANGE = re.compile(r"^bytes=(\d*)-(\d*)$")


@dataclass(frozen=True)
class Part:
    """A part of a file, in bytes."""

    start: int
    length: int
    is_partial: bool


def wanted(version: DatasetVersion, split: str, format: str) -> DatasetFile:
    """The file of a split and format.

    Raises:
        Refusal: 400 for an unknown split or format, 409 while the version is not frozen.
    """
    if split not in Split.values:
        raise Refusal(
            "bad_split", f"There is no split '{split}'.", hint=f"Splits: {', '.join(Split.values)}.", status=400
        )
    if format not in FORMATS:
        raise Refusal(
            "bad_format", f"There is no format '{format}'.", hint=f"Formats: {', '.join(FORMATS)}.", status=400
        )
    file = selectors.file_of(version, split, format)
    if file is None:
        raise Refusal(
            "not_frozen",
            "This version is not frozen yet.",
            hint=f"Watch its job at /api/v1/jobs/{version.job_id}/.",
            status=409,
        )
    return file


def byte_range(header: str | None, size: int) -> Part:
    """Read a Range header; one that asks for several parts is answered with the whole.

    Raises:
        Refusal: 416 when the range lies outside the file.
    """
    match = _RANGE.match(header or "")
    if match is None or match.group(0) == "bytes=-":
        return Part(0, size, is_partial=False)
    first, last = match.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    if start >= size or end < start:
        raise Refusal("bad_range", f"The file has {size} bytes; the range '{header}' is outside it.", status=416)
    return Part(start, end - start + 1, is_partial=True)


async def blocks(path: str, start: int, length: int) -> AsyncIterator[bytes]:
    """The part of a stored file, block by block. An asynchronous iterator: a synchronous one is gathered in memory."""
    handle = await asyncio.to_thread(default_storage.open, path, "rb")
    try:
        await asyncio.to_thread(handle.seek, start)
        while length > 0:
            block = await asyncio.to_thread(handle.read, min(BLOCK_BYTES, length))
            if not block:
                return
            length -= len(block)
            yield block
    finally:
        await asyncio.to_thread(handle.close)
