"""Questions about golds and datasets. Reads only; every question of a person takes the member."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import Http404

from members.models import Member
from review.dataset_filters import DatasetFilters
from review.exports import JudgedDraft
from review.models import Dataset, DatasetFile, DatasetVersion, Gold, Task, TaskVersion
from review.permissions import tasks_for
from review.spec import TaskSpec

CHUNK = 1000


def golds_of(task: Task, filters: DatasetFilters) -> QuerySet[Gold]:
    """Golds of a task that a selection takes, in the order of their decisions; tombstones of the erased teach nothing."""
    chosen = Q(task=task, verdict__in=filters.verdicts, candidate__erased_at__isnull=True)
    if filters.task_versions:
        chosen &= Q(candidate__task_version__number__in=filters.task_versions)
    if filters.teachers:
        chosen &= Q(candidate__teacher__in=filters.teachers)
    if filters.origins:
        chosen &= Q(candidate__origin__in=filters.origins)
    if filters.reviewers:
        chosen &= Q(decision__reviewer__username__in=filters.reviewers)
    if filters.decided_from:
        chosen &= Q(decided_at__date__gte=filters.decided_from)
    if filters.decided_to:
        chosen &= Q(decided_at__date__lte=filters.decided_to)
    if filters.without_marks:
        chosen &= Q(candidate__marks_count=0)
    return Gold.objects.filter(chosen).order_by("decided_at", "candidate_id")


def judged_drafts(golds: QuerySet[Gold]) -> Iterator[JudgedDraft]:
    """The golds as plain values, read in chunks: memory does not grow with their number."""
    specs: dict[UUID, tuple[int, TaskSpec]] = {}
    rows = golds.select_related("decision", "decision__reviewer", "candidate", "candidate__record", "task").defer(
        "candidate__messages", "candidate__marks"
    )
    for gold in rows.iterator(chunk_size=CHUNK):
        version_id = gold.candidate.task_version_id
        if version_id not in specs:
            version = TaskVersion.objects.get(pk=version_id)
            specs[version_id] = (version.number, version.spec)
        yield _plain(gold, *specs[version_id])


def _plain(gold: Gold, number: int, spec: TaskSpec) -> JudgedDraft:
    candidate, decision, record = gold.candidate, gold.decision, gold.candidate.record
    return JudgedDraft(
        id=str(candidate.pk),
        task=gold.task.slug,
        task_version=number,
        spec=spec,
        split=record.split,
        record_id=str(record.pk),
        group=record.group,
        facts=record.facts,
        draft=candidate.fields,
        decision_id=str(decision.pk),
        verdict=decision.verdict,
        fields=decision.fields if decision.verdict == "edit" else None,
        reasons=decision.reasons,
        ratings=decision.ratings,
        reviewer=decision.reviewer.username,
        seconds=decision.seconds,
        decided_at=decision.created_at.isoformat(),
        origin=candidate.origin,
        note=candidate.provenance,
        teacher=candidate.teacher,
        model=candidate.model,
        prompt_hash=candidate.prompt_hash,
        call_id=candidate.call_id,
        round=candidate.round,
    )


def datasets_for(member: Member, *, task: Task | None = None) -> QuerySet[Dataset]:
    """Datasets the member may see, newest first."""
    found = Dataset.objects.filter(task__in=tasks_for(member)).select_related("task").order_by("-created_at", "-id")
    return found.filter(task=task) if task else found


def dataset_or_404(member: Member, slug: str) -> Dataset:
    """The dataset, if the member may see its task.

    Raises:
        Http404: No such dataset, or not this member's.
    """
    found = datasets_for(member).filter(slug=slug).first()
    if found is None:
        raise Http404(f"There is no dataset '{slug}' that you can see.")
    return found


def versions_of(dataset: Dataset) -> QuerySet[DatasetVersion]:
    """Versions of a dataset, newest first, with their jobs and authors."""
    return dataset.versions.select_related("job", "created_by", "dataset__task").order_by("-number")


def version_or_404(member: Member, version_id: UUID | str) -> DatasetVersion:
    """A version, if the member may see its task.

    Raises:
        Http404: No such version, or not this member's.
    """
    found = (
        DatasetVersion.objects.filter(pk=version_id, dataset__task__in=tasks_for(member))
        .select_related("dataset__task", "job", "created_by")
        .first()
    )
    if found is None:
        raise Http404("There is no dataset version with this id that you can see.")
    return found


def frozen_versions(task: Task) -> QuerySet[DatasetVersion]:
    """Versions of a task that can be trained on, newest first."""
    return DatasetVersion.objects.filter(dataset__task=task, frozen_at__isnull=False).order_by("-frozen_at")


def file_of(version: DatasetVersion, split: str, format: str, container: str = "jsonl") -> DatasetFile | None:
    """The canonical file of one split, format and container, if the version holds it."""
    return DatasetFile.objects.filter(version=version, split=split, format=format, container=container).first()


def files_of(version: DatasetVersion) -> list[DatasetFile]:
    """All files of a version, by format and split."""
    return list(DatasetFile.objects.filter(version=version).order_by("format", "container", "split"))


def gold_counts(task: Task) -> dict[str, int]:
    """Golds of a task by verdict; a verdict nobody gave is 0."""
    counts = dict(Gold.objects.filter(task=task).values_list("verdict").annotate(n=Count("pk")))
    return {verdict: counts.get(verdict, 0) for verdict in ("accept", "edit", "reject")}


def choices_for_filters(task: Task) -> dict[str, Sequence[Any]]:
    """What the golds of a task can be filtered by."""
    golds = Gold.objects.filter(task=task)
    return {
        "task_versions": sorted(golds.values_list("candidate__task_version__number", flat=True).distinct()),
        "teachers": sorted(filter(None, golds.values_list("candidate__teacher", flat=True).distinct())),
        "origins": sorted(golds.values_list("candidate__origin", flat=True).distinct()),
        "reviewers": sorted(golds.values_list("decision__reviewer__username", flat=True).distinct()),
    }
