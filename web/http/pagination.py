"""Pages of results: by keyset cursor (the same cost at row ten and at row ten million), by number, or all at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.pagination import BasePagination, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from web.http.known_parameters import bad_filters

ROWS_A_PAGE = 25
_COUNT = re.compile(r"^0*[1-9][0-9]{0,8}$")


class KeysetPagination(CursorPagination):
    """`{"next", "previous", "results"}`; `?limit=` to 500; a view names its `ordering`, newest first by default."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 500
    ordering = ("-created_at", "-id")
    cursor_query_description = "As `next` and `previous` hold it."
    page_size_query_description = "Rows a page: 50 when not given, 500 at most."

    def get_page_size(self, request: Request) -> int | None:
        size = request.query_params.get("limit", "").strip()
        if size and not (_COUNT.match(size) and int(size) <= self.max_page_size):
            raise bad_filters({"limit": [f"Found {size[:20]!r}; expected a number from 1 to {self.max_page_size}."]})
        return super().get_page_size(request)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        bounds = {"minimum": 1, "maximum": self.max_page_size, "default": self.page_size}
        parameters: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        for each in parameters:
            if each["name"] == self.page_size_query_param:
                each["schema"] |= bounds
        return parameters

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        """Return the rows of a page.

        Raises:
            Refusal: 400, the cursor cannot be read or is of a list in another order.
        """
        try:
            position = getattr(self.decode_cursor(request), "position", None)
            # The column may be one of the table, or computed.
            column = queryset.all().query.resolve_ref(self.get_ordering(request, queryset, view)[0].lstrip("-"))
            is_foreign = position is not None and str(column.output_field.to_python(position)) != position
        except (NotFound, ValidationError):
            is_foreign = True
        if is_foreign:
            raise bad_filters({"cursor": ["Expected a cursor as 'next' or 'previous' of this list hold it."]})
        return super().paginate_queryset(queryset, request, view)

    def get_paginated_response_schema(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        return _envelope(schema)


class WholeList(BasePagination):
    """Whole short list in the envelope of the long ones; `next` and `previous` are null."""

    def paginate_queryset(self, queryset: Iterable[Any], request: Request, view: object = None) -> list[Any]:
        return list(queryset)

    def get_paginated_response(self, data: object) -> Response:
        return Response({"next": None, "previous": None, "results": data})

    def get_paginated_response_schema(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        return _envelope(schema)


def numbered_page(rows: QuerySet[Any], number: str | None, *, size: int = ROWS_A_PAGE) -> Page[Any]:
    """Return one page of a list: the first for a bad number, the last for one too large."""
    return Paginator(rows, size).get_page(number)


def _envelope(results: Mapping[str, Any]) -> dict[str, Any]:
    address = {"type": ["string", "null"], "format": "uri"}
    properties = {"next": address, "previous": address, "results": results}
    return {"type": "object", "required": list(properties), "properties": properties}
