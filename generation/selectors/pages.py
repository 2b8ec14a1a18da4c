"""What pages need beside the rows: a page of a list, and the shape of a draft for the live view."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from generation.models import Order

PER_PAGE = 25


def page(orders: QuerySet[Order], number: str | None) -> Page[Any]:
    """A page of a list; a number that is none, or beyond the end, is brought into range."""
    return Paginator(orders, PER_PAGE).get_page(number)


def schema_of(order: Order) -> list[dict[str, Any]]:
    """The output fields of an order's version: name, role and type, for scripts that draw drafts."""
    return [
        {"name": field.name, "role": field.role, "type": field.type} for field in order.task_version.spec.output_schema
    ]
