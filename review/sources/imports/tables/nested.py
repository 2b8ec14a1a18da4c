"""Objects in cells, opened one level: the key `city` of an `address` is the column `address.city` too. Pure Python."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from review.sources.imports.tables import rows as limits
from review.sources.imports.tables.rows import Row

_LOOK_ROWS = 2000
_SHOWN = 10


class Nest(NamedTuple):
    """Columns of a table whose objects are opened.

    Attributes:
        columns: All of them; keys stand behind the column of their objects.
        opened: Those whose objects are opened.
        notes: What is opened, and what comes whole.
    """

    columns: tuple[str, ...]
    opened: tuple[str, ...]
    notes: tuple[str, ...]


def nest_of(columns: Sequence[str], rows: Iterable[Row]) -> Nest:
    """Open the columns that hold objects alone, as far as a file may have columns.

    All rows are looked at where one of the first 2,000 holds an object.
    """
    keys, whole = dict[str, dict[str, None]](), dict[str, None]()
    plain = set[str]()
    for count, row in enumerate(rows, 1):
        for column, value in row.values.items():
            if isinstance(value, dict) and len(held := keys.setdefault(column, {})) <= limits.MAX_COLUMNS:
                held.update(dict.fromkeys(value))
                whole.update((f"{column}.{key}", None) for key, inner in value.items() if _holds_objects(inner))
            elif value not in (None, "", []):
                plain.add(column)
                if _holds_objects(value):
                    whole[column] = None
        if count >= _LOOK_ROWS and keys.keys() <= plain:
            break
    return _nest(columns, keys, plain, whole)


def opened(row: Row, columns: Sequence[str]) -> Row:
    """Return a row with the keys of its objects beside its own, which go first."""
    objects = ((column, value) for column in columns if isinstance(value := row.values.get(column), dict))
    inner = {f"{column}.{key}": cell for column, value in objects for key, cell in value.items()}
    return replace(row, values={**inner, **row.values})


def _nest(columns: Sequence[str], keys: dict[str, dict[str, None]], plain: set[str], whole: dict[str, None]) -> Nest:
    every, names, fresh = list[str](), list[str](), list[str]()
    for column in columns:
        inner = [name for key in keys.get(column, ()) if (name := f"{column}.{key}") not in columns]
        is_fit = len(columns) + len(fresh) + len(inner) <= limits.MAX_COLUMNS
        is_short = all(len(name) <= limits.MAX_COLUMN_CHARS for name in inner)
        every.append(column)
        if column in keys and column not in plain and is_fit and is_short:
            names.append(column)
            fresh += inner
            every += inner
        elif column in keys:
            whole[column] = None
    kept = [f"'{name}'" for name in every if name in whole]
    notes = [f"Keys of objects are columns too, such as '{fresh[0]}'."] if fresh else []
    if kept:
        more = f" and {len(kept) - _SHOWN} more" if len(kept) > _SHOWN else ""
        fits = "they fill an object, a conversation or an answer, but no text"
        notes.append(f"Objects in {', '.join(kept[:_SHOWN])}{more} come whole: {fits}.")
    return Nest(tuple(every), tuple(names), tuple(notes))


def _holds_objects(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(part, dict) for part in value))
