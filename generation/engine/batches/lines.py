"""Lines of batches: written to a file until it is full, and read from a stream of bytes. Pure but for files."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

# Longer than any answer; a line without an end must not fill the memory.
LONGEST_LINE_BYTES = 16 * 1024 * 1024
# More than the largest batch brings; results without end must not be read for ever.
MOST_RESULT_BYTES = 4 * 1024**3


class BatchFile:
    """The lines of a batch on their way into a file, as long as they fit.

    Args:
        path: The file, written anew.
    """

    def __init__(self, path: Path, *, most_requests: int, most_bytes: int) -> None:
        self._file = path.open("wb")
        self._most_requests, self._most_bytes = most_requests, most_bytes
        self.requests = self.bytes = 0

    def fits(self, line: bytes) -> bool:
        """Tell whether one more line may join; a first one always may, so that the provider can name what is wrong."""
        if not self.requests:
            return True
        return self.requests < self._most_requests and self.bytes + len(line) <= self._most_bytes

    def add(self, line: bytes) -> None:
        self._file.write(line)
        self.requests += 1
        self.bytes += len(line)

    def close(self) -> None:
        self._file.close()


def encode_line(value: dict[str, Any]) -> bytes:
    """A line of JSON. Half a surrogate pair in a fact is escaped, not refused."""
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


async def split_lines(chunks: AsyncIterator[bytes], *, most_bytes: int = MOST_RESULT_BYTES) -> AsyncIterator[bytes]:
    """Lines of a stream without their ends; empty ones are left out, and a last one needs no end.

    Raises:
        ValueError: A line is longer than any answer, or all are more than any batch brings.
    """
    rest, size = b"", 0
    async for chunk in chunks:
        size += len(chunk)
        if size > most_bytes:
            raise ValueError(f"the results are larger than {most_bytes:,} bytes")
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            if line.strip():
                yield line.strip()
        if len(rest) > LONGEST_LINE_BYTES:
            raise ValueError(f"a line of the results is longer than {LONGEST_LINE_BYTES:,} bytes")
    if rest.strip():
        yield rest.strip()
