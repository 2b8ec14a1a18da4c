"""Send a made evidence file, block by block, and tell the trail who took it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import BinaryIO

from django.http import StreamingHttpResponse

from audit import trail
from audit.downloads import mark_told
from members.models import Member
from review.datasets.files import open_at
from serving.evidence import files
from training.models import Miniature
from web.errors import Refusal

BLOCK_BYTES = 1 << 18


def response(miniature: Miniature, *, with_rows: bool, by: Member) -> StreamingHttpResponse:
    """Return the download of a made file, with its digest beside it.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409, the file is not there.
    """
    file = files.ready_file(miniature, with_rows=with_rows, by=by)
    try:
        handle = open_at(file.path)
    except FileNotFoundError:
        raise Refusal(
            "evidence_lost", "This evidence file is no longer in storage.", hint="Have it made again.", status=409
        ) from None
    task = miniature.task.slug
    trail.record("evidence_downloaded", by=by, about=miniature, task=task, digest=file.digest, rows=with_rows)
    answer = StreamingHttpResponse(_blocks(handle), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{miniature.slug}-evidence.zip"'
    answer["Content-Length"] = str(file.bytes)
    answer["X-Digest"] = file.digest
    return mark_told(answer)


async def _blocks(handle: BinaryIO) -> AsyncIterator[bytes]:
    """Yield a stored file and close it; reading runs in threads."""
    try:
        while block := await asyncio.to_thread(handle.read, BLOCK_BYTES):
            yield block
    finally:
        await asyncio.to_thread(handle.close)
