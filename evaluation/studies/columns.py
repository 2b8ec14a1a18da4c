"""Tasks of a transfer study: the version each is tuned on, and the validation records that score every cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import Http404

from evaluation.studies import queries as selectors
from members.models import Member
from review.datasets import queries as datasets
from review.models import DatasetVersion, Task
from review.tasks.permissions import led_by
from training.inputs import tuning_data
from training.runs import preflight
from web.errors import Refusal


@dataclass(frozen=True)
class StudyColumn:
    """Scored task: the version whose texts count, and the records."""

    task: str
    dataset_version: str
    task_version: str
    records: tuple[str, ...]


def choices(member: Member, *, task: Task) -> QuerySet[DatasetVersion]:
    """Return the frozen versions of other tasks that the member leads, newest first."""
    led = [slug for slug, _ in led_by(member)]
    versions = DatasetVersion.objects.filter(dataset__task__slug__in=led).exclude(dataset__task=task)
    return versions.filter(files__isnull=False).distinct().select_related("dataset__task").order_by("-created_at")


def chosen(member: Member, ids: Sequence[str]) -> list[DatasetVersion]:
    """Return versions of other tasks by their ids.

    Raises:
        Refusal: 400, the member can see no version of that id.
    """
    return [_version(member, each) for each in dict.fromkeys(ids)]


def columns_of(versions: Sequence[DatasetVersion], *, limit: int) -> tuple[StudyColumn, ...]:
    """Return every task with the records that score it.

    Raises:
        Refusal: A version is not frozen, too small, without validation records, or of a task named twice.
    """
    by_task: dict[str, StudyColumn] = {}
    for version in versions:
        slug = version.dataset.task.slug
        if slug in by_task:
            raise _refusal("task_named_twice", f"Two versions are of the task '{slug}'; a task has one row.")
        preflight.require_rows(version)
        records = tuple(selectors.validation_records(version, limit=limit))
        if len(records) < 2:
            raise _refusal("no_validation_records", f"{version} has fewer than two validation records to be scored on.")
        newest = tuning_data.newest_task_version(version)
        by_task[slug] = StudyColumn(slug, str(version.pk), str(newest.pk), records)
    return tuple(by_task.values())


def _version(member: Member, version_id: str) -> DatasetVersion:
    try:
        return datasets.version_or_404(member, version_id)
    except Http404:
        message = f"There is no dataset version {version_id} that you can see."
        raise _refusal("version_unknown", message, status=400) from None


def _refusal(code: str, message: str, *, status: int = 422) -> Refusal:
    hint = "Choose one frozen version of each task."
    return Refusal(code, message, hint=hint, status=status, errors={"others": [message]})
