"""Parts of a file requested by Range headers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from web.errors import Refusal

# More digits than any file's size has are no range, and Python reads no number of thousands of them.
_RANGE = re.compile(r"^bytes=(\d{0,18})-(\d{0,18})$")


@dataclass(frozen=True)
class ByteRange:
    start: int
    length: int
    is_partial: bool


def byte_range(header: str | None, size: int) -> ByteRange:
    """Read a Range header; a request for several parts gets the whole file.

    Raises:
        Refusal: 416 with the file's size (RFC 9110, 14.4) when the range lies outside the file.
    """
    match = _RANGE.match(header or "")
    if match is None or match.group(0) == "bytes=-":
        return ByteRange(0, size, is_partial=False)
    first, last = match.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    if start >= size or end < start:
        message = f"The file has {size} bytes; the range '{header}' is outside it."
        raise Refusal("bad_range", message, status=416, headers={"Content-Range": f"bytes */{size}"})
    return ByteRange(start, end - start + 1, is_partial=True)
