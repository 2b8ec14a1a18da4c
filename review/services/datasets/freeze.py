"""Order a frozen version. The work itself is a job; this only writes the order down and rings."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone

from audit.services import trail
from jobs.services import lifecycle
from members.models import Member
from review import dataset_filters
from review.models import Dataset, DatasetVersion, Task
from review.permissions import require
from review.selectors import datasets as golds
from review.states import Role
from web.errors import Refusal

KIND = "freeze"


@transaction.atomic
def freeze(dataset: Dataset, *, by: Member, note: str = "", filters: dict[str, Any] | None = None) -> DatasetVersion:
    """Order the next version of a dataset.

    Args:
        dataset: The selection.
        by: A lead of its task.
        note: What is new in this version.
        filters: Overrides the dataset's filters for this version.

    Returns:
        The version, not yet frozen, with its job.

    Raises:
        Refusal: 400 for bad filters or a moment that has not come, 422 when no gold matches.
        PermissionDenied: The member does not lead the task.
    """
    require(by, dataset.task, Role.LEAD)
    chosen = dataset_filters.parse(dataset.filters if filters is None else filters)
    if chosen.as_of is not None and chosen.as_of > timezone.now():
        raise Refusal(
            "as_of_ahead", "That moment has not come yet.", hint="Leave it empty for what counts now.", status=400,
            errors={"filters.as_of": ["It lies in the future."]},
        )  # fmt: skip
    if not golds.has_golds(dataset.task, chosen):
        raise Refusal(
            "no_golds",
            "No judged draft matches these filters, so there is nothing to freeze.",
            hint="Judge drafts on the Review page, or widen the filters.",
        )
    # The task's row is the lock under which numbers are given: two freezes at once get two numbers.
    Task.objects.select_for_update().get(pk=dataset.task_id)
    number = (dataset.versions.aggregate(top=Max("number"))["top"] or 0) + 1
    version = DatasetVersion(
        dataset=dataset, number=number, filters=chosen.model_dump(mode="json"), note=note.strip()[:200], created_by=by
    )
    version.job = lifecycle.launch(
        kind=KIND,
        title=f"Freeze {dataset.name} v{number}",
        spec={"version": str(version.pk)},
        by=by,
        task_slug=dataset.task.slug,
        subject_id=version.pk,
        subject_url=reverse("review:dataset-version", args=[dataset.slug, number]),
    )
    version.save()
    trail.record("dataset_frozen", by=by, about=version, dataset=dataset.slug, number=number)
    return version
