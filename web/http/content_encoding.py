"""Content encodings of streamed files: negotiation with the client, and compression block by block."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from typing import Protocol

import zstandard

# Fast levels: the client waits while the file is compressed.
GZIP_LEVEL, ZSTD_LEVEL = 1, 3
# Order of preference where a client weights two equally.
PREFERRED = ("zstd", "gzip")


class Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


def negotiate(header: str | None) -> str:
    """Return `zstd`, `gzip` or empty for none, by an Accept-Encoding header (RFC 9110, 12.5.3)."""
    likes = _likes(header or "")
    best, best_q = "", likes.get("identity", 0.0)
    for name in reversed(PREFERRED):
        q = likes.get(name, likes.get("*", 0.0))
        if q > 0 and q >= best_q:
            best, best_q = name, q
    return best


async def encoded(blocks: AsyncIterator[bytes], encoding: str) -> AsyncIterator[bytes]:
    """Compress a stored file's blocks with `gzip` or `zstd`; memory holds one block."""
    # wbits 31 writes a gzip header without a time, so that equal files give equal bytes.
    compressor: Compressor = (
        zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, 31)
        if encoding == "gzip"
        else zstandard.ZstdCompressor(level=ZSTD_LEVEL).compressobj()
    )
    async for block in blocks:
        if ready := compressor.compress(block):
            yield ready
    yield compressor.flush()


def _likes(header: str) -> dict[str, float]:
    weights = {}
    for part in header.split(","):
        name, _, parameters = part.strip().partition(";")
        _, _, value = parameters.strip().partition("=")
        try:
            weights[name.strip().lower()] = float(value) if value else 1.0
        except ValueError:
            weights[name.strip().lower()] = 0.0
    return weights
