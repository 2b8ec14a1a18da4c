"""Long lists in parts, so that no statement carries more values than a database takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from django.db.models import QuerySet

T = TypeVar("T")


def chunked(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield the values in lists of `size`, the last one shorter."""
    iterator = iter(values)
    while chunk := list(islice(iterator, size)):
        yield chunk


def rows_of(rows: QuerySet[Any, T], column: str, values: Iterable[Any], size: int = 500) -> Iterator[T]:
    """Yield the rows whose column holds one of the values, by one query for each chunk of them."""
    for chunk in chunked(values, size):
        yield from rows.filter(**{f"{column}__in": chunk})
