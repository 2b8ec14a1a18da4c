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
        next: Cursor that begins after the last row; empty at the end.
        is_first: Whether the list begins here.
    """

    rows: list[Any]
    next: str
    is_first: bool


def page(rows: QuerySet[Any], *, cursor: str, size: int = 50) -> Page:
    """One page, newest first by `created_at`, ties by `id`; a cursor that is none begins at the start."""
    after = _read(cursor)
    if after is not None:
        at, row_id = after
        rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, id__lt=row_id))
    found = list(rows.order_by("-created_at", "-id")[: size + 1])
    shown = found[:size]
    is_more = len(found) > size
    return Page(rows=shown, next=_write(shown[-1]) if is_more else "", is_first=after is None)


def _write(row: Any) -> str:
    return urlsafe_b64encode(f"{row.created_at.isoformat()}|{row.pk}".encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[datetime, UUID] | None:
    if not cursor:
        return None
    try:
        at, row_id = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("|")
        return datetime.fromisoformat(at), UUID(row_id)
    except (ValueError, binascii.Error):
        return None
