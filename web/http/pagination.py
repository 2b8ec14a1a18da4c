"""Pages of results: by keyset cursor, which cost the same at row ten and at row ten million, and by number."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from rest_framework.pagination import CursorPagination

ROWS_A_PAGE = 25


class KeysetPagination(CursorPagination):
    """`{"next", "previous", "results"}`; `?limit=` up to 500; a view names its `ordering`, newest first by default."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 500
    ordering = ("-created_at", "-id")


def numbered_page(rows: QuerySet[Any], number: str | None, *, size: int = ROWS_A_PAGE) -> Page[Any]:
    """Return one page of a list; a number that is none gives the first, one too large the last."""
    return Paginator(rows, size).get_page(number)
