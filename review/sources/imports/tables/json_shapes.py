"""Shapes in which JSON keeps a table: rows under a key, columns of lists, lists under a header. Pure Python.

Each place where a table may stand is named by its path: `data`, `result.items`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from review.sources.imports.tables import header_row
from review.sources.imports.tables.label_names import names_by_id, with_names, with_names_of_ids
from review.sources.imports.tables.rows import Row

WHOLE: Final = "the whole object"
MOST_DEEP: Final = 3
KEY: Final = "key"
# Texts by their labels are so many for each of them; fewer are parts of one row.
_TEXTS = 3
_NAMES = ("columns", "header", "headers", "fields", "names", "column_names")
# Keys that programs put rows under, whatever else stands beside them.
_WRAPPERS = frozenset(
    {
        "data",
        "rows",
        "records",
        "items",
        "results",
        "result",
        "value",
        "values",
        "entries",
        "list",
        "objects",
        "hits",
        "content",
        "response",
        "payload",
        "body",
        "dataset",
        "cards",
        "issues",
        "tickets",
        "reviews",
        "examples",
        "train",
    }
)
# Lists that are parts of one row: turns of a conversation, answers of a model, marks of annotators.
_PARTS = frozenset(
    {
        "messages",
        "choices",
        "conversation",
        "turns",
        "annotations",
        "predictions",
        "responses",
        "entities",
        "spans",
        "observations",
        "tool_calls",
        "history",
        "events",
        "preferred_output",
        "non_preferred_output",
        "resourceSpans",
        "contents",
        "input",
        "output",
        "outputs",
    }
)
# A dataset server wraps each row: `{"row_idx": 0, "row": {…}, "truncated_cells": []}`.
_SERVED = frozenset({"row_idx", "row"})
_MOST_SERVED = _SERVED | {"truncated_cells"}
_SPOKEN = frozenset({"content", "parts", "text", "message", "tool_calls", "value"})


class JsonTable(NamedTuple):
    """A table inside a JSON value: its rows, and how many there are."""

    rows: tuple[Row, ...]

    @property
    def size(self) -> int:
        return len(self.rows)


def tables(value: object) -> dict[str, JsonTable]:
    """Return the tables of an object by path, and of a list by an empty one.

    An object is also one row itself, by the path `WHOLE`.
    """
    if isinstance(value, list):
        return {"": _of_list(value) or JsonTable(tuple(_rows(value)))}
    if not isinstance(value, dict):
        return {"": JsonTable(tuple(_rows([value])))}
    names = names_by_id(value)
    places = {path: JsonTable(tuple(_named(table.rows, names))) for path, table in _inside(value, "", MOST_DEEP)}
    return places | {WHOLE: JsonTable((Row(1, value),))}


def _named(rows: Iterable[Row], names: Mapping[str, Mapping[str, str]]) -> Iterator[Row]:
    for row in rows:
        values = with_names_of_ids(row.values, names)
        yield row if values is row.values else replace(row, values=values)


def likeliest(tables: Mapping[str, JsonTable], value: object) -> str:
    """Return the path whose rows a file most likely is for.

    The most rows, unless the object is one row with a list in it; of a board its cards, not what was done to them.
    """
    places = [path for path in tables if path != WHOLE and not (path == "actions" and "cards" in tables)]
    if not isinstance(value, dict) or not places:
        return next(iter(tables))
    best = max(places, key=lambda path: (path.rpartition(".")[2] not in _PARTS, tables[path].size))
    plain = sum(not isinstance(inner, dict | list) and inner is not None for inner in value.values())
    is_wrapper = not best or best.split(".")[0].casefold() in _WRAPPERS or tables[best].size > plain
    return best if is_wrapper and best.rpartition(".")[2] not in _PARTS else WHOLE


def _inside(value: dict[str, Any], path: str, deep: int) -> Iterator[tuple[str, JsonTable]]:
    names = _names_beside(value)
    has_lists = any(isinstance(inner, list) and _of_list(inner, names) for inner in value.values())
    if not has_lists and (table := _of_columns(value) or _of_keys(value) or (None if path else _of_labels(value))):
        yield path or "its keys", table
        return
    for key, inner in value.items():
        where = f"{path}.{key}" if path else key
        if isinstance(inner, list):
            table = (None if key in _PARTS else _of_list(inner, names)) or _of_objects(inner)
            if table:
                yield where, table
        elif isinstance(inner, dict) and deep > 1 and key not in _PARTS:
            yield from _inside(inner, where, deep - 1)


def _of_objects(value: list[Any]) -> JsonTable | None:
    objects = [each for each in value if isinstance(each, dict)]
    if len(objects) * 2 <= len(value) or any(map(_is_turn, objects[:20])):
        return None
    return JsonTable(tuple(_rows(value)))


def _is_turn(value: Mapping[str, Any]) -> bool:
    """Tell a turn of a conversation or a model's choice from a row that has a role, a sender or a message too."""
    has_speaker = "role" in value and not _SPOKEN.isdisjoint(value)
    is_choice = "finish_reason" in value or isinstance(value.get("message"), dict)
    return has_speaker or {"from", "value"} <= value.keys() or is_choice


def _of_list(value: list[Any], names: Sequence[str] = ()) -> JsonTable | None:
    """Read lists under a header, without one, or lists of objects one after another; None for anything else."""
    if not value or not all(isinstance(each, list) for each in value):
        return None
    if all(isinstance(each, dict) for inner in value for each in inner):
        return JsonTable(tuple(_rows([each for inner in value for each in inner])))
    header = names if names and len(names) == len(value[0]) else _numbered(value) or _header(value[0])
    if not header:
        return None
    first = 1 if header == value[0] else 0
    return JsonTable(tuple(_under(header, number, cells) for number, cells in enumerate(value, 1) if number > first))


def _under(header: Sequence[str], number: int, cells: list[Any]) -> Row:
    if len(cells) > len(header):
        return Row(number, problem=f"{len(cells)} cells where the header has {len(header)}")
    # Google Sheets leaves out the empty cells at a row's end.
    return Row(number, dict(zip(header, cells, strict=False)))


def _numbered(value: list[list[Any]]) -> list[str]:
    """Return numbers for the columns of lists that no list names: a text beside an object, or values like those below.

    Lists of numbers alone are no rows.
    """
    first, widths = value[0], {len(cells) for cells in value}
    is_mixed = any(isinstance(cell, str) for cell in first) and not all(isinstance(cell, str) for cell in first)
    is_table = len(widths) == 1 and len(first) > 1
    is_headless = is_table and (is_mixed or header_row.is_headless(value[: header_row.LOOK_ROWS]))
    return [f"column {number}" for number in range(1, len(first) + 1)] if is_headless and len(value) > 1 else []


def _header(cells: list[Any]) -> list[str]:
    """Return a first list that names columns: texts, each of them once."""
    is_header = all(isinstance(each, str) and each.strip() for each in cells) and len(set(cells)) == len(cells)
    return cells if is_header else []


def _names_beside(value: dict[str, Any]) -> list[str]:
    for key in _NAMES:
        names = value.get(key)
        if isinstance(names, list):
            names = [each.get("name") if isinstance(each, dict) else each for each in names]
            return _header(names)
    return []


def _of_columns(value: dict[str, Any]) -> JsonTable | None:
    """Read columns of lists, or of objects by the same row numbers, as pandas writes them."""
    columns = list(value.values())
    if columns and all(isinstance(column, list) for column in columns):
        sizes, is_plain = {len(column) for column in columns}, not any(isinstance(each, list) for each in columns[0])
        if len(sizes) != 1 or not columns[0] or any(isinstance(each, dict) for column in columns for each in column):
            return None
        rows = zip(*columns, strict=True) if is_plain and (len(columns) > 1 or sizes > {1}) else ()
    elif columns and all(isinstance(column, dict) and column for column in columns):
        keys = list(columns[0])
        if not all(key.isdecimal() for key in keys) or any(list(column) != keys for column in columns):
            return None
        if all(name.isdecimal() for name in value):
            return None
        rows = zip(*(column.values() for column in columns), strict=True)
    else:
        return None
    table = JsonTable(tuple(Row(number, dict(zip(value, row, strict=True))) for number, row in enumerate(rows, 1)))
    return table if table.rows else None


def _of_labels(value: dict[str, Any]) -> JsonTable | None:
    """Read lists of texts by their labels, as examples of intents."""
    texts = [(text, key) for key, inner in value.items() for text in (inner if isinstance(inner, list) else (0,))]
    is_told = len(value) > 1 and len(texts) >= _TEXTS * len(value) and _PARTS.isdisjoint(value)
    if not is_told or not all(isinstance(text, str) for text, _ in texts):
        return None
    return JsonTable(tuple(Row(number, {"text": text, KEY: key}) for number, (text, key) in enumerate(texts, 1)))


def _of_keys(value: dict[str, Any]) -> JsonTable | None:
    """Read objects by their keys: two or more that share most of their own."""
    objects = list(value.values())
    if len(objects) < 2 or not all(isinstance(each, dict) and each for each in objects):
        return None
    shared, either = set(objects[0]).intersection(*objects), set(objects[0]).union(*objects)
    if (
        not shared
        or len(shared) * 2 < len(either)
        or any(isinstance(each[name], dict) for each in objects for name in shared)
    ):
        return None
    is_numbered = all(key.isdecimal() for key in value) or KEY in either
    named = ({} if is_numbered else {KEY: key} for key in value)
    return JsonTable(
        tuple(Row(number, name | row) for number, (name, row) in enumerate(zip(named, objects, strict=True), 1))
    )


def _rows(values: Sequence[object]) -> Iterator[Row]:
    served = [each for each in values if isinstance(each, dict) and _SERVED <= each.keys() <= _MOST_SERVED]
    if len(served) == len(values) and all(isinstance(each["row"], dict) for each in served):
        values = [each["row"] for each in served]
    elif any(True for _ in _questions(values[:1], {}, deep=2)):
        values = list(_questions(values, {}, deep=2))
    for number, value in enumerate(values, 1):
        yield row_of(number, value)


def _questions(values: Sequence[object], above: Mapping[str, Any], *, deep: int) -> Iterator[dict[str, Any]]:
    """Yield questions with their answers and the plain values above them, as of SQuAD's articles and paragraphs.

    Args:
        deep: In how many lists they stand; fewer are parts of a row.
    """
    for value in values:
        if isinstance(value, dict) and not deep and "question" in value and {"answer", "answers"} & value.keys():
            yield {**above, **value}
        elif isinstance(value, dict) and deep:
            plain = {key: inner for key, inner in value.items() if not isinstance(inner, list | dict)}
            for inner in value.values():
                if isinstance(inner, list):
                    yield from _questions(inner, {**above, **plain}, deep=deep - 1)


def row_of(number: int, value: object) -> Row:
    """Return the row of an object; of anything else, what is wrong with it."""
    if isinstance(value, dict):
        return Row(number, with_names(value))
    kinds = {list: "array", str: "string", int: "number", float: "number", bool: "boolean"}
    return Row(number, problem=f"a JSON {kinds.get(type(value), 'null')}, expected an object")
