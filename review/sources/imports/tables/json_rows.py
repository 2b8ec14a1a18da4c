"""JSON as rows: one object a line, numbered by line, or a value that holds a table, numbered by element."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from review.sources.imports.tables import rows as limits
from review.sources.imports.tables.chats import require_rows
from review.sources.imports.tables.json_shapes import likeliest, row_of, tables
from review.sources.imports.tables.rows import NO_ROWS, Row, check_columns
from web import strict_json
from web.errors import Refusal

_COLUMNS_FROM_ROWS = 2000
# Lists and objects of one file: the smallest takes three characters, and seventy bytes of memory.
MAX_CONTAINERS = 8_000_000
_LOOK_LINES = 50
_BETWEEN = re.compile(r"[\s,]*")
_LAST_COMMA = re.compile(r",\s*([\]}])")
LINES, VALUE = "jsonl", "json"


class JsonForm(NamedTuple):
    """Say how a file of JSON is read.

    Attributes:
        format: `jsonl` for an object a line, `json` for anything else.
        columns: Keys of the first 2,000 rows, in order of appearance.
        places: Paths of the tables that it holds, where there are several to choose from.
        place: The one that is read.
        rows: Rows of that one, which are parsed once for all who read them; empty for `jsonl`.
    """

    format: str
    columns: tuple[str, ...]
    places: tuple[str, ...] = ()
    place: str = ""
    rows: tuple[Row, ...] = ()


def look(path: Path, encoding: str, chosen: str = "") -> JsonForm:
    """Tell how a file of JSON is read.

    Args:
        chosen: The path of the table to be read; the likeliest when empty.

    Raises:
        Refusal: `file_empty`, `json_broken`, `json_refused`, `json_large` (413), `sheet_unknown`, or as
            `check_columns`.
    """
    if _has_lines(path, encoding):
        columns = keys(lines(path, encoding))
        require_rows(dict.fromkeys(columns) if len(columns) == 1 else None)
        return JsonForm(LINES, columns)
    value = _value(path, encoding)
    if not chosen:
        require_rows(value)
    table_by_place = tables(value)
    if chosen and chosen not in table_by_place:
        message = (
            f"The file has no rows at '{chosen[:60]}'; it has some at "
            f"{', '.join(list(table_by_place)[:30]) or 'its top'}."
        )
        raise Refusal("sheet_unknown", message, hint="Choose one of them.", errors={"sheet": [message]})
    place = chosen or likeliest(table_by_place, value)
    if (
        len(table_by_place) == 1
        and isinstance(value, dict)
        and len(list(islice(_filled_lines(path, encoding), 2))) == 1
    ):
        # One object on one line.
        return JsonForm(LINES, keys(lines(path, encoding)))
    rows, places = table_by_place[place].rows, tuple(table_by_place) if len(table_by_place) > 1 else ()
    return JsonForm(VALUE, keys(rows), places, place, rows)


def keys(rows: Iterable[Row]) -> tuple[str, ...]:
    """Return the keys of the first 2,000 rows, in order of appearance.

    Raises:
        Refusal: `file_empty`, `json_broken` where no row has a key, or as `check_columns`.
    """
    columns: dict[str, None] = {}
    first: Row | None = None
    for count, row in enumerate(rows):
        first = first or row
        columns.update(dict.fromkeys(row.values))
        if len(columns) > limits.MAX_COLUMNS or count >= _COLUMNS_FROM_ROWS:
            break
    if first is None:
        raise Refusal("file_empty", NO_ROWS, hint="Send at least one object.")
    if not columns:
        message = (
            f"None of the first rows can be read; row {first.number}: {first.problem or 'an object without keys'}."
        )
        raise Refusal("json_broken", message, hint="Send a JSON array of objects, or one object a line.")
    check_columns(columns)
    return tuple(columns)


def lines(path: Path, encoding: str) -> Iterator[Row]:
    """One row a line."""
    for number, text in _filled_lines(path, encoding):
        yield _line(number, text)


def _filled_lines(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    # The codec that skips a byte order mark decodes in Python and takes longer than the rows; one line alone can have
    # it.
    encoding = "utf-8" if encoding == "utf-8-sig" else encoding
    with path.open(encoding=encoding) as file:
        for number, line in enumerate(file, 1):
            text = line.lstrip("\ufeff") if number == 1 else line
            if text.strip():
                yield number, text


def _has_lines(path: Path, encoding: str) -> bool:
    """Tell whether a file is an object a line.

    Its first line is one and not the last, or lines below are while this one is broken.
    """
    first = [text for _, text in islice(_filled_lines(path, encoding), _LOOK_LINES)]
    if first[0].lstrip()[:1] != "{" or len(first) == 1:
        return False
    return _is_object(first[0]) or any(map(_is_object, first[1:]))


def _is_object(line: str) -> bool:
    if not (line.lstrip().startswith("{") and line.rstrip().endswith("}")) or line.strip() == "{}":
        return False
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _value(path: Path, encoding: str) -> Any:
    """Read a file whole: its one value, or a list of those that stand one after another.

    Raises:
        Refusal: `json_broken`, `json_refused` or `json_large` (413).
    """
    with path.open(encoding=encoding) as file:
        text = file.read()
    if (count := text.count("[") + text.count("{")) > MAX_CONTAINERS:
        message = f"The JSON holds {count:,} lists and objects; {MAX_CONTAINERS:,} is the limit."
        raise Refusal("json_large", message, hint="Split it and import the parts.", status=413)
    try:
        return strict_json.loads(text, number=strict_json.written)
    except strict_json.InvalidJson as error:
        raise _refused(error, text) from None
    except json.JSONDecodeError as error:
        if error.msg != "Extra data":
            raise _broken(error) from None
    return list(_values(text))


def _values(text: str) -> Iterator[Any]:
    """Yield values that stand one after another, blanks or a comma between them."""
    decoder, at = json.JSONDecoder(), 0
    while (match := _BETWEEN.match(text, at)) and (at := match.end()) < len(text):
        try:
            _, end = decoder.raw_decode(text, at)
            yield strict_json.loads(text[at:end], number=strict_json.written)
        except strict_json.InvalidJson as error:
            raise _refused(error, text, at) from None
        except json.JSONDecodeError as error:
            raise _broken(error) from None
        except RecursionError:
            message = f"The JSON is nested more than {strict_json.MAX_DEPTH} deep."
            raise Refusal("json_refused", message, hint="Send it flatter.") from None
        at = end


def _refused(error: strict_json.InvalidJson, text: str, start: int = 0) -> Refusal:
    """Return the refusal of what no record may hold; a number is named with its place, at `start` or behind it."""
    what, hint = str(error).rstrip("."), "Send one object a line."
    if error.number:
        tokens = re.finditer(rf'"(?:[^"\\]++|\\.)*+"|(?<![\w.+-])({re.escape(error.number)})', text[start:])
        at = start + next((token.start(1) for token in tokens if token[1]), 0)
        place, before = json.JSONDecodeError("", text, at), " ".join(text[max(0, at - 40) : at].split())
        what += f", at line {place.lineno}, column {place.colno}, after “{before}”"
        hint = "Write null or a text instead. Sent as one object a line, that row alone is bad."
    return Refusal("json_refused", f"The JSON is not taken: {what}.", hint=hint)


def _broken(error: json.JSONDecodeError) -> Refusal:
    error, end = _at_its_place(error), len(error.doc.rstrip())
    if error.pos >= end:
        error = json.JSONDecodeError("the file is cut, its last bracket never closes", error.doc, end)
    message = f"The JSON breaks at line {error.lineno}, column {error.colno}: {error.msg}."
    return Refusal("json_broken", message, hint="Send a JSON array of objects, or one object a line.")


def _at_its_place(error: json.JSONDecodeError) -> json.JSONDecodeError:
    """Return a mistake where it stands: a comma too many at the comma, not at what follows it."""
    comma = error.doc.rfind(",", 0, error.pos + 1)
    if (match := _LAST_COMMA.match(error.doc, max(comma, 0))) and match.end() > error.pos:
        return json.JSONDecodeError(f"a comma too many before “{match[1]}”", error.doc, comma)
    return json.JSONDecodeError(error.msg.removesuffix(" at"), error.doc, error.pos)


def _line(number: int, line: str) -> Row:
    if len(line) > limits.MAX_ROW_CHARS:
        return Row(number, problem=f"has {len(line):,} characters; {limits.MAX_ROW_CHARS:,} is the limit of a row")
    try:
        value = strict_json.loads(line, number=strict_json.written)
    except strict_json.InvalidJson as error:
        return Row(number, problem=f"not taken: {error}")
    except json.JSONDecodeError as error:
        mistake = _at_its_place(error)
        return Row(number, problem=f"not JSON: {mistake.msg} at character {mistake.colno}")
    return row_of(number, value)
