"""JSON bodies of programs whose texts can be stored: no zero bytes, no halves of a character.

PostgreSQL takes neither, SQLite takes the first: what slipped through was a fault on one and stored on the other. It does
not know what a field means. REST framework loads it with its settings, so it knows none of what reads them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any

from rest_framework import exceptions
from rest_framework.parsers import JSONParser

ZERO = "There is a zero byte (U+0000) in it; write text without one."
HALF = "There is half a character (U+{:04X}) in it; write whole characters."
_HALVES = re.compile("[\ud800-\udfff]")
# What a body must hold, as it was sent, to be worth a look.
_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])|\x00")


class JsonBody(JSONParser):
    """JSON whose texts can be stored.

    Raises:
        ValidationError: A text cannot, by its dotted path.
        ParseError: It is no JSON.
    """

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        raw = stream.read()
        body = super().parse(BytesIO(raw), media_type, parser_context)
        if _SUSPECT.search(raw) and (mistakes := dict(_mistakes(body, ""))):
            raise exceptions.ValidationError(mistakes)
        return body


def _mistakes(value: Any, path: str) -> Iterator[tuple[str, list[str]]]:
    if isinstance(value, str):
        if mistake := _mistake(value):
            yield path or "non_field_errors", [mistake]
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if mistake := _mistake(key):
                yield path or "non_field_errors", [mistake]
            else:
                yield from _mistakes(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _mistakes(inner, f"{path}[{place}]")


def _mistake(text: str) -> str:
    if "\x00" in text:
        return ZERO
    half = _HALVES.search(text)
    return HALF.format(ord(half[0])) if half else ""
