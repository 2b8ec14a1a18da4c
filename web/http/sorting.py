"""Server-side sorting of paginated lists: the column in the address, and the link of each column head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import F, Model, QuerySet

Rows = TypeVar("Rows", bound=Model)


@dataclass(frozen=True)
class SortHead:
    """Column head that sorts its list: its next value of `?sort=`, and its present `aria-sort`."""

    leads_to: str
    aria: str


def sorted_rows(
    rows: QuerySet[Rows], order: str, columns: Mapping[str, str]
) -> tuple[QuerySet[Rows], dict[str, SortHead]]:
    """Sort a list by one of its columns; an unknown column keeps the list's own order.

    Args:
        rows: The list in its own order, which also breaks ties.
        order: A column's name, with `-` before it for descending order.
        columns: Field or annotation to sort by, by column name.

    Returns:
        The list, with rows without a value last, and its heads by name.
    """
    name, is_down = order.removeprefix("-"), order.startswith("-")
    heads = {each: _head(each, each == name, is_down) for each in columns}
    if name not in columns:
        return rows, heads
    field = F(columns[name])
    first: Any = field.desc(nulls_last=True) if is_down else field.asc(nulls_last=True)
    return rows.order_by(first, *rows.query.order_by), heads


def _head(name: str, is_chosen: bool, is_down: bool) -> SortHead:
    if not is_chosen:
        return SortHead(name, "none")
    return SortHead(name, "descending") if is_down else SortHead(f"-{name}", "ascending")
