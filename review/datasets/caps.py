"""Caps of a selection: rows over a cap are left out, so that no company or segment outweighs the rest. Pure.

A row is kept when every cap it falls under has room. Rows are taken in an order that does not depend on the others: the
newest first, or a draw under the task's seed that gives the same rows every time.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from review.datasets.dataset_filters import DatasetFilters
from review.spec import splits


@dataclass(frozen=True, slots=True)
class CapKey:
    """Values of one row that caps are counted by.

    Attributes:
        id: Of its draft.
        values: Its values of the capped input fields, in their order; None where it has none.
    """

    id: str
    group: str
    values: tuple[str | None, ...]


def over_cap(rows: Sequence[CapKey], filters: DatasetFilters, *, seed: str) -> set[int]:
    """Indices of rows that are over a cap.

    Args:
        rows: The oldest first.
        filters: Their caps and the order in which rows are asked.
        seed: The task's secret.
    """
    if not filters.has_caps:
        return set()
    taken: Counter[tuple[str, str]] = Counter()
    out: set[int] = set()
    for index in _order(rows, filters, seed):
        places = list(_places(rows[index], filters))
        if any(taken[place] >= most for place, most in places):
            out.add(index)
        else:
            taken.update(place for place, _ in places)
    return out


def _order(rows: Sequence[CapKey], filters: DatasetFilters, seed: str) -> Iterable[int]:
    if filters.cap_order == "newest":
        return range(len(rows) - 1, -1, -1)
    drawn = [hmac.digest(seed.encode(), f"cap {row.id}".encode(), hashlib.sha256) for row in rows]
    return sorted(range(len(rows)), key=drawn.__getitem__)


def _places(row: CapKey, filters: DatasetFilters) -> Iterable[tuple[tuple[str, str], int]]:
    """The caps a row falls under; a row without the fact is under no cap of it."""
    if filters.cap_per_group is not None:
        yield ("", splits.normal_group(row.group)), filters.cap_per_group
    for (field, most), value in zip(filters.cap_per.items(), row.values, strict=True):
        if value not in (None, ""):
            yield (field, str(value).strip().casefold()), most
