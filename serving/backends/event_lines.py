"""Lines of a server's stream as it wrote them: parted at line feeds alone.

httpx's own lines end at U+2028 and U+0085 too, which may stand in the middle of a JSON text.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable


async def lines(chunks: AsyncIterable[bytes]) -> AsyncGenerator[str, None]:
    """Yield the lines of a body whose bytes come in chunks, without their ends."""
    rest = b""
    async for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r").decode("utf-8", "replace")
    if rest:
        yield rest.decode("utf-8", "replace")
