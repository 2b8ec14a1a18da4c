"""Make a named selection of golds."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from members.models import Member
from review import dataset_filters
from review.models import Dataset, Task
from review.permissions import require
from review.states import Role
from web.errors import Refusal


def create(task: Task, *, name: str, by: Member, filters: dict[str, Any] | None = None) -> Dataset:
    """Make a dataset of a task.

    Raises:
        Refusal: 400 for bad filters or an empty name, 409 when the name is taken.
        PermissionDenied: The member does not lead the task.
    """
    require(by, task, Role.LEAD)
    chosen = dataset_filters.parse(filters)
    slug = slugify(name)[:60]
    if not slug:
        raise Refusal(
            "bad_name", "A dataset needs a name with letters or digits.", status=400, errors={"name": ["Name it."]}
        )
    try:
        with transaction.atomic():
            return Dataset.objects.create(
                task=task, slug=slug, name=name.strip(), filters=chosen.model_dump(mode="json"), created_by=by
            )
    except IntegrityError as error:
        raise Refusal(
            "name_taken",
            f"There is a dataset '{slug}' already.",
            hint="Freeze a new version of it, or choose another name.",
            status=409,
            errors={"name": ["This name is taken."]},
        ) from error
