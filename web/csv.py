"""CSV that no spreadsheet takes for a formula: the one writer of every CSV file the product gives out.

A text that would begin a formula gets an apostrophe before it, which spreadsheets take for "this is text". That also holds
within a cell after a semicolon, a tab or a line break: where a spreadsheet splits at those, a cell begins there too. Numbers
stay numbers. Quoting is RFC 4180's. It does not know what the columns are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

# Half and full width, since some spreadsheets take either; what they skip before a sign; and quotes, which a reader that splits
# elsewhere takes for the begin of a cell.
_FORMULA = re.compile(r'(\A|[;\t\r\n])([ \u00a0\u200b\ufeff"]*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])')
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


def line(cells: Iterable[Any]) -> str:
    """One line with its end."""
    return ",".join(map(cell, cells)) + "\r\n"


def lines(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """A line of names, then one a row."""
    yield line(head)
    for row in rows:
        yield line(row)


def table(head: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A line of names, then one a row, its cells by name; what is missing is empty, what is not named is left out."""
    return lines(head, ([row.get(name) for name in head] for row in rows))
