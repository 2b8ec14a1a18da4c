"""Small questions that several pages of this room ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

PER_PAGE = 25


def page(rows: QuerySet[Any], number: str | None) -> Page[Any]:
    """One page of a list; a number that is none gives the first, one too large the last."""
    return Paginator(rows, PER_PAGE).get_page(number)


def latest(metrics: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The newest known value of each figure, and the best validation loss with its step."""
    newest: dict[str, Any] = {}
    for row in metrics:
        newest.update({key: value for key, value in row.items() if value is not None})
    validated = [row for row in metrics if row.get("val_loss") is not None]
    if validated:
        newest["first_val_loss"] = validated[0]["val_loss"]
        best = min(validated, key=lambda row: row["val_loss"])
        newest["best_val_loss"], newest["best_step"] = best["val_loss"], best["step"]
    return newest
