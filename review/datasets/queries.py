"""Questions about golds and datasets. Reads only; every question of a person takes the member."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.utils.text import slugify

from members.models import Member
from review.datasets import gold_conditions, removed_samples
from review.datasets.dataset_filters import DatasetFilters
from review.datasets.exports import FORMATS
from review.models import (
    Dataset,
    DatasetFile,
    DatasetVersion,
    Draft,
    Gold,
    Task,
)
from review.spec.task_spec import TaskSpec
from review.tasks.permissions import tasks_for
from web.caching.slow_figures import figures
from web.db.keys import NO_ID, uuid_or_none
from web.http.first_or_404 import first_or_404

# Leaves room for a number in a short name of 60 letters.
STEM_CHARS = 50
CHOICES_FROM_GOLDS = 20_000


def has_golds(task: Task, filters: DatasetFilters) -> bool:
    """Return whether any verdict passes the filters. Caps and near-duplicates never empty a selection."""
    golds = gold_conditions.usable_golds(task, filters)
    passing = golds.filter(*(step.condition for step in gold_conditions.filter_conditions(filters)))
    return passing.exists() or gold_conditions.machine_accepted(task, filters).exists()


def follow_ups(draft_ids: Iterable[str]) -> set[str]:
    """Return those of a few drafts that follow earlier mails: their prompt is these mails too, not the facts alone."""
    rows = Draft.objects.filter(pk__in=list(draft_ids), thread__isnull=False).order_by()
    return {str(pk) for pk in rows.values_list("pk", flat=True)}


def datasets_for(member: Member, *, task: Task | None = None) -> QuerySet[Dataset]:
    """Datasets the member may see, newest first."""
    datasets = Dataset.objects.filter(task__in=tasks_for(member)).select_related("task").order_by("-created_at", "-id")
    return datasets.filter(task=task) if task else datasets


def free_name(task: Task) -> str:
    """Return a name for a task's next dataset that no other has: the task's own, with a number after the first."""
    stem = task.name[:STEM_CHARS].strip()
    stem = stem if slugify(stem) else "Dataset"
    taken = set(Dataset.objects.filter(slug__startswith=slugify(stem)).values_list("slug", flat=True))
    names = (stem if number == 1 else f"{stem} {number}" for number in count(1))
    return next(name for name in names if slugify(name) not in taken)


def dataset_or_404(member: Member, slug: str) -> Dataset:
    """The dataset, if the member may see its task."""
    return first_or_404(datasets_for(member).filter(slug=slug), f"There is no dataset '{slug}' that you can see.")


def versions_of(dataset: Dataset) -> QuerySet[DatasetVersion]:
    """Versions of a dataset, newest first, with their jobs and authors, and whether they hold revoked or erased rows.

    Their manifests and cards, which are long, are read when asked for.
    """
    versions = dataset.versions.select_related("job", "created_by", "dataset__task").order_by("-number")
    return _marked(versions).defer("manifest", "card")


def version_or_404(member: Member, version_id: UUID | str) -> DatasetVersion:
    """A version, if the member may see its task; a text that is no id is the id of none."""
    return first_or_404(
        _marked(
            DatasetVersion.objects.filter(
                pk=uuid_or_none(version_id) or NO_ID, dataset__task__in=tasks_for(member)
            ).select_related("dataset__task", "job", "created_by")
        ),
        "There is no dataset version with this id that you can see.",
    )


def _marked(versions: QuerySet[DatasetVersion]) -> QuerySet[DatasetVersion]:
    return versions.annotate(
        contains_revoked=removed_samples.holds_revoked(), contains_erased=removed_samples.holds_erased()
    )


def frozen_versions(task: Task) -> QuerySet[DatasetVersion]:
    """Versions of a task that can be trained on, newest first."""
    frozen = DatasetVersion.objects.filter(dataset__task=task, frozen_at__isnull=False)
    return frozen.defer("manifest", "card").order_by("-frozen_at")


def file_of(version: DatasetVersion, split: str, format: str, container: str = "jsonl") -> DatasetFile | None:
    """The canonical file of one split, format and container, if the version holds it."""
    return DatasetFile.objects.filter(version=version, split=split, format=format, container=container).first()


def files_of(version: DatasetVersion) -> list[DatasetFile]:
    """All files of a version that are handed out, by format and split: not that of drafts nobody judged."""
    files = DatasetFile.objects.filter(version=version, format__in=FORMATS)
    return list(files.order_by("format", "container", "split"))


def gold_counts(task: Task) -> dict[str, int]:
    """Count the golds of a task by verdict; a verdict that was not given is 0."""
    counts = dict(Gold.objects.filter(task=task).values_list("verdict").annotate(n=Count("pk")))
    return {verdict: counts.get(verdict, 0) for verdict in ("accept", "edit", "reject")}


def newest_golds(task: Task, count: int) -> QuerySet[Gold]:
    """The newest golds of a task, found by an index."""
    return Gold.objects.filter(task=task).order_by("-decided_at")[:count]


def choices_for_filters(task: Task) -> dict[str, Sequence[Any]]:
    """Return the values offered for each filter, read from the newest golds. One query for any number of golds."""
    return figures(f"dataset-choices:{task.pk}", lambda: _choices(task)).value


def _choices(task: Task) -> dict[str, Sequence[Any]]:
    columns = {
        "task_versions": "draft__task_version__number",
        "teachers": "draft__teacher",
        "origins": "draft__origin",
        "sources": "draft__record__source__slug",
        "rounds": "draft__round",
        "reviewers": "decision__reviewer__username",
    }
    newest = Gold.objects.filter(pk__in=newest_golds(task, CHOICES_FROM_GOLDS).values("pk"))
    rows = list(newest.order_by().values_list(*columns.values()).distinct())
    by_column = zip(*rows, strict=True) if rows else ((),) * len(columns)
    return {name: sorted(set(filter(None, values))) for name, values in zip(columns, by_column, strict=True)}


def capped_fields(spec: TaskSpec) -> list[str]:
    """Names of what a cap can be set on: facts and labels."""
    labels = [field.name for field in spec.output_schema if field.value_type.is_picked]
    return list(dict.fromkeys([*(field.name for field in spec.input_schema), *labels]))
