"""Send a made evidence file, block by block."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from django.http import StreamingHttpResponse

from serving.evidence.make import EvidenceFile
from training.models import Miniature

BLOCK_BYTES = 1 << 18


def response(file: EvidenceFile, miniature: Miniature) -> StreamingHttpResponse:
    """Return the download of a made file, with its digest beside it."""
    answer = StreamingHttpResponse(_blocks(file), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{miniature.slug}-evidence.zip"'
    answer["Content-Length"] = str(file.bytes)
    answer["X-Digest"] = file.digest
    return answer


async def _blocks(file: EvidenceFile) -> AsyncIterator[bytes]:
    """Yield a made file and close it; reading runs in threads."""
    try:
        while block := await asyncio.to_thread(file.handle.read, BLOCK_BYTES):
            yield block
    finally:
        await asyncio.to_thread(file.handle.close)
