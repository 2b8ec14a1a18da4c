"""Bytes of frozen files: which one is meant, its blocks, and its rows page by page."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from django.core.files.storage import default_storage

from review.datasets import queries
from review.datasets.exports import FORMATS
from review.models import DatasetFile, DatasetVersion
from review.states import Split
from web.errors import Refusal, unknown


def open_at(path: str, start: int = 0) -> BinaryIO:
    """A stored file, to be read from a byte on and closed.

    Args:
        path: Its name in the default storage.
        start: The first byte; not beyond the last.

    Raises:
        FileNotFoundError: There is no such file.
    """
    bucket = getattr(default_storage, "bucket", None)
    if bucket is None:
        handle = default_storage.open(path, "rb")
        handle.seek(start)
        return cast(BinaryIO, handle)
    # botocore's body reads from the connection as it is asked.
    storage = cast(Any, default_storage)
    response = bucket.Object(storage._normalize_name(path)).get(Range=f"bytes={start}-")
    return cast(BinaryIO, io.BufferedReader(response["Body"], buffer_size=1 << 18))


BLOCK_BYTES = 1 << 18


@dataclass(frozen=True)
class RowsPage:
    """Some rows of a file, and where the next ones begin; no cursor after the last."""

    rows: list[dict[str, Any]]
    next: str | None


def file_or_404(version: DatasetVersion, split: str, format: str, container: str = "jsonl") -> DatasetFile:
    """The file of a split, format and container.

    Raises:
        Refusal: 400 for an unknown split or format, 409 while the version is not frozen, or where it was frozen without
            such a file: before there was one, or on a host without Parquet.
    """
    if split not in Split.values:
        raise unknown("split", split, Split.values)
    if format not in FORMATS:
        raise unknown("format", format, FORMATS)
    file = queries.file_of(version, split, format, container)
    if file is None:
        raise _absent(version, split, format, container)
    return file


def _absent(version: DatasetVersion, split: str, format: str, container: str) -> Refusal:
    if not version.is_frozen:
        watch = f"Watch its job at /api/v1/jobs/{version.job_id}/."
        return Refusal("not_frozen", "This version is not frozen yet.", hint=watch, status=409)
    if queries.file_of(version, split, format):
        return Refusal(
            "no_such_file",
            f"This version was frozen without {container} files, and it never changes.",
            hint="Read its jsonl file, which has the same rows. For Parquet in the next version, install it where the "
            "site and its workers run: pip install 'miniatures[parquet]'.",
            status=409,
        )
    return Refusal(
        "no_such_file",
        f"This version was frozen before there was '{format}' as {container}, and it never changes.",
        hint="Freeze the next version of the dataset; it has all formats.",
        status=409,
    )


async def blocks(path: str, start: int, length: int) -> AsyncIterator[bytes]:
    """The part of a stored file, block by block. An asynchronous iterator: a synchronous one is gathered in memory."""
    handle = await asyncio.to_thread(open_at, path, start)
    try:
        while length > 0:
            block = await asyncio.to_thread(handle.read, min(BLOCK_BYTES, length))
            if not block:
                return
            length -= len(block)
            yield block
    finally:
        await asyncio.to_thread(handle.close)


def page(file: DatasetFile, *, cursor: str = "", limit: int) -> RowsPage:
    """Rows of a JSONL file from a cursor on. Costs the same on every page: the cursor holds a place in the file.

    Args:
        file: A file of the container `jsonl`.
        cursor: The `next` of the page before; empty for the first.
        limit: The most rows, at least one.

    Raises:
        Refusal: 400 for a cursor that is none, 409 when the file was written anew since (somebody was erased from it).
    """
    start = _place(file, cursor) if cursor else 0
    if start == file.bytes:
        return RowsPage([], None)
    with open_at(file.path, max(0, start - 1)) as handle:
        if start and handle.read(1) != b"\n":
            raise _bad_cursor()
        lines = [line for line in (handle.readline() for _ in range(limit)) if line]
        end = start + sum(map(len, lines))
    following = _cursor(file, end) if lines and end < file.bytes else None
    return RowsPage([json.loads(line) for line in lines], following)


def _cursor(file: DatasetFile, place: int) -> str:
    return base64.urlsafe_b64encode(f"{file.sha256[:16]}:{place}".encode()).decode().rstrip("=")


def _place(file: DatasetFile, cursor: str) -> int:
    try:
        sha, _, place = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii").partition(":")
        start = int(place)
    except ValueError:
        sha, start = "", -1
    if not 0 <= start <= file.bytes:
        raise _bad_cursor()
    if sha != file.sha256[:16]:
        raise Refusal(
            "file_changed",
            "This cursor is for another file, or the file was rewritten since.",
            hint="Start without a cursor.",
            status=409,
        )
    return start


def _bad_cursor() -> Refusal:
    return Refusal(
        "bad_cursor", "This cursor is not valid.", hint="Follow 'next', or start without a cursor.", status=400
    )
