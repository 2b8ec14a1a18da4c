"""Pages of a long list by where the last one ended: as cheap at row ten million as at row ten."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows and the cursor of the next ones.

    Attributes:
        rows: In order, newest first.
        next: Cursor that begins after the last row, or after the last that was looked at; empty at the end.
        is_first: Whether the list begins here.
        is_cut: Whether rows were looked through as far as allowed and the page is not full; `next` continues from
            there.
    """

    rows: list[Any]
    next: str
    is_first: bool
    is_cut: bool = False


def page(
    rows: QuerySet[Any], *, cursor: str, size: int = 50, among: QuerySet[Any] | None = None, look_at: int = 0
) -> Page:
    """One page, newest first by `created_at`, ties by `id`; a cursor that is none begins at the start.

    Args:
        cursor: Where the page before ended.
        among: The list that `rows` is narrowed from by what no index holds. Then only its next `look_at` rows are
            looked through, so that no question costs more than that, however rare what is asked for.
        look_at: How many those are.
    """
    after = _read(cursor)
    rows = _after(rows, after)
    border = _border(_after(among, after), look_at) if among is not None else None
    if border is not None:
        at, row_id = border
        rows = rows.filter(Q(created_at__gt=at) | Q(created_at=at, id__gte=row_id), created_at__gte=at)
    page_rows = list(rows.order_by("-created_at", "-id")[: size + 1])
    shown = page_rows[:size]
    if len(page_rows) > size:
        return Page(rows=shown, next=_cursor(shown[-1].created_at, shown[-1].pk), is_first=after is None)
    is_cut = border is not None
    return Page(rows=shown, next=_cursor(*border) if border else "", is_first=after is None, is_cut=is_cut)


def _after(rows: QuerySet[Any], after: tuple[datetime, UUID] | None) -> QuerySet[Any]:
    if after is None:
        return rows
    at, row_id = after
    # The first condition is implied by the second; it is what an index can begin with.
    return rows.filter(Q(created_at__lt=at) | Q(created_at=at, id__lt=row_id), created_at__lte=at)


def _border(among: QuerySet[Any], look_at: int) -> tuple[datetime, UUID] | None:
    """The last row that is looked at; None where there are fewer."""
    places = among.order_by("-created_at", "-id").values_list("created_at", "id")
    return next(iter(places[look_at - 1 : look_at]), None)


def _cursor(at: datetime, row_id: UUID) -> str:
    return urlsafe_b64encode(f"{at.isoformat()}|{row_id}".encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[datetime, UUID] | None:
    if not cursor:
        return None
    try:
        at, row_id = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("|")
        return datetime.fromisoformat(at), UUID(row_id)
    except (ValueError, binascii.Error):
        return None
