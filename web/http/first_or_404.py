"""Take the first row of a query, or answer that there is none."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404

Row = TypeVar("Row", bound=Model)


def first_or_404(rows: QuerySet[Row], message: str) -> Row:
    """Return the first row.

    Raises:
        Http404: There is none; with the message.
    """
    row = rows.first()
    if row is None:
        raise Http404(message)
    return row
