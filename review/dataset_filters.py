"""What a dataset selects. Pure; validated where it enters and stored as JSON."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field, ValidationError

from review.schema import Strict
from web.errors import Refusal


class DatasetFilters(Strict):
    """A selection of golds; an empty tuple means all."""

    verdicts: tuple[Literal["accept", "edit", "reject"], ...] = ("accept", "edit")
    task_versions: tuple[int, ...] = ()
    teachers: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    decided_from: date | None = None
    decided_to: date | None = None
    without_marks: bool = Field(False, description="Only drafts in which no check marked anything.")


def parse(raw: dict[str, Any] | None) -> DatasetFilters:
    """Validate filters that came from outside.

    Raises:
        Refusal: 400, naming each key that is wrong and what is known.
    """
    try:
        return DatasetFilters.model_validate(raw or {})
    except ValidationError as error:
        errors = {f"filters.{'.'.join(map(str, item['loc']))}": [item["msg"]] for item in error.errors()}
        known = ", ".join(DatasetFilters.model_fields)
        raise Refusal(
            "bad_filters", "The filters have mistakes.", hint=f"Known filters: {known}.", status=400, errors=errors
        ) from error
