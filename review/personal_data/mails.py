"""Mail addresses in running text."""

from __future__ import annotations

import re
from collections.abc import Iterator

_MAIL = re.compile(r"(?<![\w.+-])[\w.+%'-]{1,64}@[\w-]+(?:\.[\w-]+)+", re.UNICODE)


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Where mail addresses stand."""
    for match in _MAIL.finditer(text):
        end = match.end()
        while text[end - 1] in "-_":
            end -= 1
        yield match.start(), end
