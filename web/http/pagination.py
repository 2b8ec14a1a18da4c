"""Pages of results by keyset cursor: they cost the same at row ten and at row ten million."""

from __future__ import annotations

from rest_framework.pagination import CursorPagination


class KeysetPagination(CursorPagination):
    """`{"next", "previous", "results"}`; `?limit=` up to 500; a view names its `ordering`, newest first by default."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 500
    ordering = ("-created_at", "-id")
