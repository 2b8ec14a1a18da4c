"""Guess at the row that names the columns, where titles stand above a table. Pure Python.

Part of `convert_worker` too, and read in its process: it knows nothing of the project.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, count

# Rows that are looked at, blank ones included.
LOOK_ROWS = 40
# A header names at least so much of the table's width.
_SHARE = 0.6
_LEAST_WORDS = 3
# Numbers that name columns.
_YEARS = range(1900, 2101)
_LETTER = re.compile(r"[^\W\d_]")
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
# Databases write it for no value, in files that name no columns.
NULL = r"\N"
# Longer ones number no column, and Python refuses to read those of thousands of digits.
_PLACE = re.compile(r"\d{1,9}")
# Values that no column is named by, where the cells below are of their kind.
_VALUES = (
    re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+"),
    re.compile(r"\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-][\d:]+)?)?"),
)
# Cells below no name: numbers, and days in any order with their time.
_MEASURED = re.compile(rf"{_NUMBER.pattern}|\d{{1,4}}([./-])\d{{1,2}}\1\d{{1,4}}\b.*")
# Values in place of a number or a day.
_NOTHING = re.compile(r"[-\u2013\u2014.]+|n/?a|nan|none|null|nil|open|tba|tbd|unknown")
# Of a question before its option.
_OPTION_CHARS = 100
# A sign before a text of a list, which no name begins with.
_LISTED = re.compile(r"[-*\u2022>] .*", re.DOTALL)
# Rows below that tell a row of values, how often a text of it recurs among them, and the words of a text that no
# column is called by.
_LEAST_ROWS, _RECURS, _SENTENCE = 4, 3, 4


def header_at(rows: Sequence[Sequence[object]]) -> int:
    """Return the place of the header among the first rows of a file: the first filled one, unless it is a title.

    A title fills less of its row than the table below, and stands above a row whose cells are all names.

    Args:
        rows: Cells as they were read, blank rows included; empty where nothing is filled.
    """
    filled = [place for place, row in enumerate(rows) if span(row)]
    if not filled:
        return 0
    first, wide = filled[0], width(rows)
    if not _is_title(rows, first, wide):
        return first
    names = [place for place in filled[1:] if _are_names(rows[place], wide)]
    # A line such as `As of: | November` stands alone; the header has rows right below it.
    joined = [place for place in names if place + 1 < len(rows) and span(rows[place + 1])]
    # A column of row numbers has no name.
    whole = [place for place in joined if _count(rows[place]) >= wide - (not _text(rows[place][0]))]
    best = (whole or joined or [first])[0]
    return best if _is_surely_title(rows, first, best) else first


def is_headless(rows: Sequence[Sequence[object]]) -> bool:
    """Tell whether the first filled row has values like those below it, so that no row names the columns.

    An address or a day stands above such ones; or a text recurs in its column among others, beside a sentence above
    some or a number above numbers. A column may be called by one of its labels, so any words above numbers or days
    and a name above longer texts speak against it. A header laid down again below is no row of values, and options of
    a survey recur alone.

    Args:
        rows: Cells as they were read, blank rows included.
    """
    filled = [[_text(cell).casefold() for cell in row] for row in rows if span(row)]
    if len(filled) > 1 and (are_listed(row[0] for row in filled) or NULL.casefold() in filled[0]):
        return True
    if len(filled) <= _LEAST_ROWS or width(rows) < 2 or header_at(rows) != next(at for at in count() if span(rows[at])):
        return False
    first, below = filled[0], [row for row in filled[1:] if row != filled[0]]
    columns = [(cell, [row[place] for row in below if row[place : place + 1]]) for place, cell in enumerate(first)]
    if any(cell and _is_value(cell, values) for cell, values in columns):
        return True
    numbered = _are_numbered(first)
    recurring = [
        cell and _recurs(cell, values) and not (_NUMBER.fullmatch(cell) and (numbered or _is_year(cell)))
        for cell, values in columns
    ]
    beside = [column for column, recurs in zip(columns, recurring, strict=True) if not recurs and column[0]]
    has_values = any(_is_of_its_column(cell, values) for cell, values in beside)
    return any(recurring) and has_values and not any(_is_name_of(cell, values) for cell, values in beside)


def are_listed(lines: Iterable[str]) -> bool:
    """Tell whether every line is of a list, with a sign before it."""
    return all(map(_LISTED.fullmatch, lines))


def _recurs(cell: str, values: Sequence[str]) -> bool:
    return values.count(cell) >= _RECURS and len({value for value in values if value}) > 1


def _is_value(cell: str, values: Sequence[str]) -> bool:
    kind = next((kind for kind in _VALUES if kind.fullmatch(cell)), None)
    return kind is not None and sum(kind.fullmatch(value) is not None for value in values) * 2 > len(values)


def _is_of_its_column(cell: str, values: Sequence[str]) -> bool:
    if _MEASURED.fullmatch(cell):
        return _are_measured(values)
    # A question of a survey is as long as a sentence, and stands above short answers.
    return _is_sentence(cell) and sum(map(_is_sentence, values)) * 4 >= sum(map(bool, values))


def _is_name_of(cell: str, values: Sequence[str]) -> bool:
    if _MEASURED.fullmatch(cell) or _NOTHING.fullmatch(cell):
        return False
    are_sentences = sum(map(_is_sentence, values)) * 2 > len(values)
    return _are_measured(values) or (are_sentences and not _is_sentence(cell))


def _is_sentence(text: str) -> bool:
    return len(text.split()) >= _SENTENCE


def _are_measured(values: Sequence[str]) -> bool:
    return sum(_MEASURED.fullmatch(value) is not None for value in values) * 2 > len(values)


def _are_numbered(cells: Sequence[str]) -> bool:
    """Tell whether two or more cells number their columns, as pandas does."""
    numbers = [int(cell) for cell in cells if _PLACE.fullmatch(cell)]
    return len(numbers) > 1 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def with_options(header: Sequence[object], below: Sequence[Sequence[object]]) -> list[str]:
    """Return the names of a header; a question of a survey over several columns gets their options in the row below.

    That row fills all gaps of the header, and leaves the first column blank that the rows below it fill.
    """
    names, options = [_text(cell) for cell in header], [_text(cell) for cell in (below or [()])[0]]
    wide = max(span(names), span(options))
    names, options = ([*row, *[""] * wide][:wide] for row in (names, options))
    gaps = {at for at, name in enumerate(names) if not name}
    rest = [row for row in below[1:] if span(row)]
    is_below = len(rest) > 1 and not any(options[:1]) and all(_text(row[0]) for row in rest)
    if not gaps or 0 in gaps or not is_below or not all(options[at] for at in gaps):
        return [_text(cell) for cell in header]
    question = ""
    for at, option in enumerate(options):
        question = names[at] or question
        if option and not gaps.isdisjoint((at, at + 1)):
            names[at] = f"{question[:_OPTION_CHARS]} [{option}]"
    return names


def distinct(names: Sequence[str]) -> list[str]:
    """Number names that recur, as in exports of Jira: `Labels`, `Labels 2`."""
    taken: dict[str, None] = {}
    for name in names:
        numbered = chain([name], (f"{name} {number}" for number in count(2)))
        taken.setdefault(next(each for each in numbered if each not in taken))
    return list(taken)


def span(row: Sequence[object]) -> int:
    """Return the place of a row's last filled cell, counted from 1; 0 for a blank row."""
    return next((at for at in range(len(row), 0, -1) if _text(row[at - 1])), 0)


def width(rows: Sequence[Sequence[object]]) -> int:
    """Return how many columns the lower half of the filled rows has, as a rule; titles stand above it."""
    filled = [width for row in rows if (width := span(row))]
    lower, whole = Counter(filled[len(filled) // 2 :]), Counter(filled)
    return max(lower, key=lambda width: (lower[width], whole[width], width))


def _is_title(rows: Sequence[Sequence[object]], place: int, width: int) -> bool:
    row = rows[place]
    if _count(row) == 1 and width > span(row):
        return True
    # Cells merged over columns hold their text in the first of them, or in each.
    if span(row) < _SHARE * width or (width > 2 and _count(row) * 2 <= width):
        return True
    if _is_of_another_width(rows, place):
        return True
    is_apart = place + 1 < len(rows) and not span(rows[place + 1])
    # `Customers, Q3` is a text that holds the delimiter.
    return is_apart and (span(row) != width or any(str(cell).startswith(" ") for cell in row))


def _is_of_another_width(rows: Sequence[Sequence[object]], place: int) -> bool:
    """Tell whether all rows below have as many cells as names over numbers, and this one another count, as DATEV's."""
    below = [row for row in rows[place + 1 :] if span(row)]
    sizes = {len(row) for row in below}
    if len(below) <= _LEAST_ROWS or len(sizes) != 1 or len(rows[place]) in sizes:
        return False
    named, values = [_text(cell) for cell in below[0]], zip(*below[1:], strict=True)
    columns = zip(named, values, strict=True)
    is_named = any(_LETTER.search(name) and _are_measured([*map(_text, cells)]) for name, cells in columns)
    return is_named and _are_names(below[0], len(named)) and not _are_names(rows[place], len(rows[place]))


def _is_surely_title(rows: Sequence[Sequence[object]], first: int, best: int) -> bool:
    """Tell a title from a lone column's name over rows whose texts hold the delimiter: `company` over `Acme, Inc`."""
    row, header = rows[first], rows[best]
    is_padded, is_apart = len(row) > 1, best > first + 1
    if is_padded or is_apart:
        return True
    is_split_text = any(str(cell).startswith(" ") for cell in header)
    return len(_text(row[0]).split()) >= _LEAST_WORDS or (
        (span(header) > 2 or not is_split_text) and " " in _text(row[0])
    )


def _are_names(row: Sequence[object], width: int) -> bool:
    names = [_text(cell) for cell in row if _text(cell)]
    if len(names) < 2 or span(row) < _SHARE * width:
        return False
    are_texts = all(isinstance(cell, str) or not _text(cell) or _is_year(cell) for cell in row)
    is_like_names = all(not name.endswith(":") for name in names) and len({name.casefold() for name in names}) == len(
        names
    )
    return are_texts and is_like_names and sum(bool(_LETTER.search(name)) for name in names) * 2 >= len(names)


def _is_year(cell: object) -> bool:
    return (int(cell) if isinstance(cell, str) and _PLACE.fullmatch(cell) else cell) in _YEARS


def _count(row: Sequence[object]) -> int:
    """Return how many different texts a row holds."""
    return len({_text(cell) for cell in row} - {""})


def _text(cell: object) -> str:
    return "" if cell is None else str(cell).strip()
