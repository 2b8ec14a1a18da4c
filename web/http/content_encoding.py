"""Content encodings of what is streamed: which one a client wants, and blocks encoded as they pass."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from typing import Protocol

import zstandard

# A fast level: the file is made smaller while the client waits for it.
GZIP_LEVEL, ZSTD_LEVEL = 1, 3
# Of two that a client likes equally.
PREFERRED = ("zstd", "gzip")


class Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


def negotiate(header: str | None) -> str:
    """The encoding to answer with, by an Accept-Encoding header: `zstd`, `gzip`, or empty for none (RFC 9110, 12.5.3)."""
    likes = _likes(header or "")
    best, best_q = "", likes.get("identity", 0.0)
    for name in reversed(PREFERRED):
        q = likes.get(name, likes.get("*", 0.0))
        if q > 0 and q >= best_q:
            best, best_q = name, q
    return best


async def encoded(blocks: AsyncIterator[bytes], encoding: str) -> AsyncIterator[bytes]:
    """The blocks, compressed as they pass; memory holds one of them.

    Args:
        blocks: Of the file as it is stored.
        encoding: `gzip` or `zstd`.
    """
    # wbits 31 writes a gzip head without a time, so that equal files give equal bytes.
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
