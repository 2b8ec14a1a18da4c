"""Ids and slugs: read from what people send, and found for new rows."""

from __future__ import annotations

from itertools import count
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

# The id of no row: what looks it up says that there is none.
NO_ID = UUID(int=0)


def uuid_or_none(text: object) -> UUID | None:
    """Return the UUID that a form or an address writes; None where it is none."""
    try:
        return UUID(str(text))
    except ValueError:
        return None


def free_slug(rows: QuerySet[Any], stem: str, *others: QuerySet[Any]) -> str:
    """Return a slug that none of the rows has: the stem, or the stem with the first free number from 2.

    Args:
        others: Rows of other tables that share the names, as of models behind one address.
    """
    taken = {
        slug for table in (rows, *others) for slug in table.filter(slug__startswith=stem).values_list("slug", flat=True)
    }
    if stem not in taken:
        return stem
    return next(slug for number in count(2) if (slug := f"{stem}-{number}") not in taken)
