"""Verbs of datasets: make a selection, freeze a version of it."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from audit import trail
from jobs.lifecycle import control
from jobs.states import ENDED_BADLY
from members.models import Member
from review.datasets import dataset_filters, mail_outcomes, queries, selection_state
from review.datasets.containers import has_parquet
from review.datasets.selection import Selection, preview, select
from review.models import Dataset, DatasetVersion, Task
from review.states import Role
from review.tasks.permissions import require
from web.db.keys import free_slug
from web.errors import Refusal

KIND = "freeze"


@transaction.atomic
def freeze(dataset: Dataset, *, by: Member, note: str = "", filters: dict[str, Any] | None = None) -> DatasetVersion:
    """Order the next version of a dataset; where nothing changed since one of the same filters, return that one.

    Freezes at once wait for each other on the task's row, so five of one selection are one version.

    Args:
        by: A lead of its task.
        note: What is new in this version.
        filters: Overrides the dataset's filters for this version.

    Returns:
        The version, not yet frozen, with its job; or an earlier one, frozen or under way, marked `is_unchanged`.

    Raises:
        Refusal: 400 for bad filters or a moment that has not come, 422 when no gold matches.
        PermissionDenied: The member does not lead the task.
    """
    require(by, dataset.task, Role.LEAD)
    chosen = dataset_filters.parse(dataset.filters if filters is None else filters)
    if chosen.as_of is not None and chosen.as_of > timezone.now():
        raise Refusal(
            "as_of_ahead",
            "This time is in the future.",
            hint="Leave it empty to use the current decisions.",
            status=400,
            errors={"filters.as_of": ["It is in the future."]},
        )
    if not queries.has_golds(dataset.task, chosen):
        raise Refusal(
            "no_golds",
            "No judged draft matches these filters, so there is nothing to freeze.",
            hint="Judge drafts on the Review page, or widen the filters.",
        )
    # The task's row is the lock under which numbers are given, and what is judged is counted.
    Task.objects.select_for_update().get(pk=dataset.task_id)
    state = selection_state.state_hash(dataset.task, chosen)
    if (same := _version_of(dataset, state)) is not None:
        same.is_unchanged = True
        return same
    chosen = mail_outcomes.fixed(chosen)
    number = (dataset.versions.aggregate(top=Max("number"))["top"] or 0) + 1
    version = DatasetVersion(
        dataset=dataset, number=number, filters=chosen.model_dump(mode="json"), note=note.strip()[:200], created_by=by
    )
    version.job = control.launch(
        kind=KIND,
        title=f"Freeze {dataset.name} v{number}",
        spec={"version": str(version.pk), "state": state},
        by=by,
        task_slug=dataset.task.slug,
        subject_id=version.pk,
        subject_url=reverse("review:dataset-version", args=[dataset.slug, number]),
    )
    version.save()
    trail.record("dataset_frozen", by=by, about=version, dataset=dataset.slug, number=number)
    return version


def _version_of(dataset: Dataset, state: str) -> DatasetVersion | None:
    """Return the newest version written from a state, unless its job ended badly or Parquet can be added by now."""
    versions = dataset.versions.select_related("job", "dataset__task").defer("manifest", "card")
    versions = versions.filter(job__spec__state=state).exclude(job__state__in=ENDED_BADLY)
    if has_parquet():
        versions = versions.filter(Q(frozen_at=None) | Q(files__container="parquet"))
    return versions.order_by("-number").first()


def create(task: Task, *, name: str, by: Member, filters: dict[str, Any] | None = None) -> Dataset:
    """Make a dataset of a task.

    Raises:
        Refusal: 400 for bad filters or an empty name, 409 when the name is taken.
        PermissionDenied: The member does not lead the task.
    """
    require(by, task, Role.LEAD)
    chosen = dataset_filters.parse(filters)
    if not any(map(str.isalnum, name)):
        raise Refusal(
            "bad_name", "A dataset needs a name with letters or digits.", status=400, errors={"name": ["Name it."]}
        )
    # Of a name in Greek or Japanese nothing is left.
    slug = slugify(name)[:60] or free_slug(Dataset.objects.all(), "dataset")
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


__all__ = ["Selection", "create", "freeze", "preview", "select"]
