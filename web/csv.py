"""CSV that no spreadsheet takes for a formula: the one writer of every CSV file the product gives out, and its inverse.

A text that would begin a formula gets an apostrophe before it, which spreadsheets take for "this is text". That also
holds within a cell after a semicolon, a tab or a line break: where a spreadsheet splits at those, a cell begins
there too. Numbers stay numbers. Quoting is RFC 4180's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

# Half and full width, small and mathematical, since some spreadsheets take any; what they or whoever cleans a file skip
# before a sign: every blank of Unicode, marks without a width and controls; and quotes, which a reader that splits
# elsewhere takes for the begin of a cell.
_SIGNS = r"=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212"
_SKIPPED = (
    r'\s"\x00-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f'
    r"\u200b-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000110bd\U000110cd"
    r"\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_FORMULA = re.compile(rf"(\A|[;\t\r\n])([{_SKIPPED}]*)(?=[{_SIGNS}])")
_SHIELDED = re.compile(rf"\A'(?=[\t\r\n])|(?:(?<=[;\t\r\n])|\A)([{_SKIPPED}]*)'(?=[{_SIGNS}])")
# How other programs keep the zeros of `01234`.
_KEPT_TEXT = re.compile(r'="([^"]*)"')
_SKIPPED_AT_BEGIN = re.compile(r"\A(?=[\t\r\n])")
_QUOTED = re.compile(r'[",;\t\r\n]')
_NUMBER = re.compile(r"\A-?\d+(\.\d+)?([eE][+-]?\d+)?\Z")


def cell(value: object) -> str:
    """One cell: nothing for None, numbers as they are, texts without the power to compute."""
    if value is None:
        return ""
    if isinstance(value, (bool, int, float, Decimal)):
        return str(value)
    text = str(value).replace("\x00", "")
    if not _NUMBER.match(text):
        text = _FORMULA.sub(r"\1\2'", _SKIPPED_AT_BEGIN.sub("'", text))
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if _QUOTED.search(text) else text


def unshielded(text: str) -> str:
    """Return what a cell holds without the signs that keep spreadsheets from computing it: `'+49`, `="01234"`."""
    if "'" in text:
        text = _SHIELDED.sub(lambda shield: shield[1] or "", text)
    kept = _KEPT_TEXT.fullmatch(text) if text.startswith("=") else None
    return kept[1] if kept else text


def line(cells: Iterable[Any]) -> str:
    return ",".join(map(cell, cells)) + "\r\n"


def lines(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """A line of names, then one a row."""
    yield line(head)
    for row in rows:
        yield line(row)


def table(head: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A line of names, then one a row, its cells by name; what is missing is empty, what is not named is left out."""
    return lines(head, ([row.get(name) for name in head] for row in rows))
