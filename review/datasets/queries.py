"""Questions about golds and datasets. Reads only; every question of a person takes the member."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.http import Http404

from members.models import Member
from review.datasets import gold_conditions, removed_samples
from review.datasets.dataset_filters import DatasetFilters
from review.datasets.exports import FORMATS, JudgedDraft
from review.models import (
    Dataset,
    DatasetFile,
    DatasetVersion,
    Decision,
    Draft,
    Gold,
    MachineAcceptance,
    Task,
    TaskVersion,
)
from review.spec.task_spec import TaskSpec
from review.states import MACHINE, DraftState
from review.tasks.permissions import tasks_for
from web.caching.slow_figures import figures

CHUNK = 1000
CHOICES_FROM_GOLDS = 20_000


def has_golds(task: Task, filters: DatasetFilters) -> bool:
    """Whether any decision passes the filters; caps and near-duplicates never empty a selection."""
    golds = gold_conditions.usable_golds(task, filters)
    return golds.filter(*(step.condition for step in gold_conditions.filter_conditions(filters))).exists()


def still_usable(decision_ids: Collection[UUID | str]) -> QuerySet[Decision]:
    """These decisions but for drafts erased or revoked since they were chosen."""
    return Decision.objects.filter(pk__in=decision_ids, draft__erased_at__isnull=True, draft__revocation__isnull=True)


def judged_drafts(decisions: QuerySet[Decision]) -> Iterator[JudgedDraft]:
    """Decisions that count, with their drafts and records, as plain values; read in chunks, no model is made."""
    specs: dict[UUID, tuple[int, TaskSpec]] = {}
    for values in decisions.values_list(*_COLUMNS).iterator(chunk_size=CHUNK):
        row = dict(zip(_COLUMNS, values, strict=True))
        version_id = row["draft__task_version_id"]
        if version_id not in specs:
            version = TaskVersion.objects.get(pk=version_id)
            specs[version_id] = (version.number, version.spec)
        yield _plain(row, *specs[version_id])


def machine_drafts(acceptance_ids: Collection[UUID | str]) -> Iterator[JudgedDraft]:
    """Drafts that stand accepted by a judge, by their acceptances, as plain values; what a person judged meanwhile is left out."""
    rows = MachineAcceptance.objects.filter(
        pk__in=acceptance_ids, draft__state=DraftState.MACHINE, draft__revocation__isnull=True
    ).select_related("rule", "draft__record", "draft__task", "draft__task_version")
    for row in rows:
        yield replace(
            _unread(row.draft),
            decision_id=str(row.pk),
            verdict=MACHINE,
            decided_at=row.created_at.isoformat(),
            judge=row.rule.judge,
        )


def unjudged_drafts(draft_ids: Collection[UUID]) -> list[JudgedDraft]:
    """Drafts that nobody judged as plain values, without a verdict; in the order of their ids as they are given."""
    drafts = Draft.objects.select_related("record", "task", "task_version").in_bulk(list(draft_ids))
    return [_unread(drafts[pk]) for pk in draft_ids if pk in drafts]


def _unread(draft: Draft) -> JudgedDraft:
    """A draft that no person judged."""
    record = draft.record
    return JudgedDraft(
        id=str(draft.pk),
        task=draft.task.slug,
        task_version=draft.task_version.number,
        spec=draft.task_version.spec,
        split=record.split,
        record_id=str(record.pk),
        group=record.group,
        facts=record.facts,
        draft=draft.fields,
        decision_id="",
        verdict="",
        fields=None,
        reasons=[],
        ratings={},
        reviewer="",
        seconds=0.0,
        decided_at="",
        origin=draft.origin,
        note=draft.provenance,
        teacher=draft.teacher,
        model=draft.model,
        prompt_hash=draft.prompt_hash,
        call_id=draft.call_id,
        round=draft.round,
        parent_id=str(draft.parent_id) if draft.parent_id else None,
        thread=draft.thread or (),
    )


def follow_ups(draft_ids: Iterable[str]) -> set[str]:
    """Return those of a few drafts that follow earlier mails: their prompt is these mails too, not the facts alone."""
    rows = Draft.objects.filter(pk__in=list(draft_ids), thread__isnull=False).order_by()
    return {str(pk) for pk in rows.values_list("pk", flat=True)}


_COLUMNS = (
    "id",
    "verdict",
    "fields",
    "reasons",
    "ratings",
    "seconds",
    "created_at",
    "bulk_id",
    "imported_from_id",
    "reviewer__username",
    "task__slug",
    "draft_id",
    "draft__task_version_id",
    "draft__fields",
    "draft__origin",
    "draft__provenance",
    "draft__teacher",
    "draft__model",
    "draft__prompt_hash",
    "draft__call_id",
    "draft__round",
    "draft__parent_id",
    "draft__record_id",
    "draft__thread",
    "draft__record__split",
    "draft__record__group",
    "draft__record__facts",
)


def _plain(row: dict[str, Any], number: int, spec: TaskSpec) -> JudgedDraft:
    parent = row["draft__parent_id"]
    return JudgedDraft(
        id=str(row["draft_id"]),
        task=row["task__slug"],
        task_version=number,
        spec=spec,
        split=row["draft__record__split"],
        record_id=str(row["draft__record_id"]),
        group=row["draft__record__group"],
        facts=row["draft__record__facts"],
        draft=row["draft__fields"],
        decision_id=str(row["id"]),
        verdict=row["verdict"],
        fields=row["fields"] if row["verdict"] == "edit" else None,
        reasons=row["reasons"],
        ratings=row["ratings"],
        reviewer=row["reviewer__username"],
        seconds=row["seconds"],
        decided_at=row["created_at"].isoformat(),
        origin=row["draft__origin"],
        note=row["draft__provenance"],
        teacher=row["draft__teacher"],
        model=row["draft__model"],
        prompt_hash=row["draft__prompt_hash"],
        call_id=row["draft__call_id"],
        round=row["draft__round"],
        is_bulk=row["bulk_id"] is not None,
        is_imported=row["imported_from_id"] is not None,
        parent_id=str(parent) if parent else None,
        thread=row["draft__thread"] or (),
    )


def datasets_for(member: Member, *, task: Task | None = None) -> QuerySet[Dataset]:
    """Datasets the member may see, newest first."""
    datasets = Dataset.objects.filter(task__in=tasks_for(member)).select_related("task").order_by("-created_at", "-id")
    return datasets.filter(task=task) if task else datasets


def dataset_or_404(member: Member, slug: str) -> Dataset:
    """The dataset, if the member may see its task.

    Raises:
        Http404: No such dataset, or not this member's.
    """
    dataset = datasets_for(member).filter(slug=slug).first()
    if dataset is None:
        raise Http404(f"There is no dataset '{slug}' that you can see.")
    return dataset


def versions_of(dataset: Dataset) -> QuerySet[DatasetVersion]:
    """Versions of a dataset, newest first, with their jobs and authors, and whether they hold what was revoked or erased.

    Their manifests and cards, which are long, are read when asked for.
    """
    versions = dataset.versions.select_related("job", "created_by", "dataset__task").order_by("-number")
    return _marked(versions).defer("manifest", "card")


def version_or_404(member: Member, version_id: UUID | str) -> DatasetVersion:
    """A version, if the member may see its task.

    Raises:
        Http404: No such version, or not this member's.
    """
    version = _marked(
        DatasetVersion.objects.filter(pk=version_id, dataset__task__in=tasks_for(member)).select_related(
            "dataset__task", "job", "created_by"
        )
    ).first()
    if version is None:
        raise Http404("There is no dataset version with this id that you can see.")
    return version


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
    """What golds can be filtered by: what is met among the newest of them. One question, however many there are."""
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
    labels = [field.name for field in spec.output_schema if field.labels or field.type == "boolean"]
    return list(dict.fromkeys([*(field.name for field in spec.input_schema), *labels]))
