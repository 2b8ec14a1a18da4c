"""Lineage of a run or a miniature, link by link, as plain data: pages, the API and archives tell the same.

Counts come from the rows the dataset version froze, so they are of exactly what was trained on.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.urls import reverse

from jobs.models import Job
from review.datasets import removed_samples
from review.models import DatasetRow, TaskVersion
from training.models import Miniature, TrainingRun


def run_lineage(run: TrainingRun) -> dict[str, Any]:
    """Everything a run rests on.

    Returns:
        `task`, `task_versions`, `sources`, `teachers`, `orders`, `decisions`, `reviewers`, `dataset_version`,
        `student`, `starts_from` and `teacher` (or None) and `run`; lists are sorted with the largest count first,
        and always in the same order.
    """
    rows = DatasetRow.objects.filter(version_id=run.dataset_version_id)
    judged, version = rows.filter(decision__isnull=False), run.dataset_version
    return {
        "task": {"slug": run.task.slug, "name": run.task.name, "url": _url("review:task", run.task.slug)},
        "task_versions": _task_versions(run, rows),
        "sources": _sources(rows),
        "teachers": _teachers(rows),
        "orders": _orders(rows),
        "decisions": dict(judged.order_by().values_list("decision__verdict").annotate(n=Count("pk"))),
        "reviewers": _reviewers(judged),
        "dataset_version": {
            "id": str(version.pk),
            "dataset": version.dataset.slug,
            "name": version.dataset.name,
            "number": version.number,
            "rows": version.counts.get("rows"),
            "content_hash": version.content_hash,
            **{f"{kind}_rows": n for kind, n in removed_samples.removed_counts(version).items()},
            "url": _url("review:dataset-version", version.dataset.slug, version.number),
        },
        "student": {
            "slug": run.student.slug,
            "name": run.student.name,
            "licence": run.student.licence,
            "hub_id": run.student.hub_id,
            "revision": run.student.revision,
            "manifest_sha256": run.student.manifest_sha256,
        },
        "starts_from": _identity(run.starts_from) if run.starts_from else None,
        "teacher": {"slug": run.teacher.slug, "name": run.teacher.name} if run.teacher else None,
        "run": {
            "id": str(run.pk),
            "number": run.number,
            "recipe": run.recipe_name,
            "method": run.method,
            "objective": run.objective,
            "url": reverse("training:run", args=[run.pk]),
        },
    }


def miniature_lineage(miniature: Miniature) -> dict[str, Any]:
    """Everything a miniature rests on: its run's lineage and its own hash."""
    return {**run_lineage(miniature.run), "miniature": _identity(miniature)}


def _identity(miniature: Miniature) -> dict[str, Any]:
    return {
        "id": str(miniature.pk),
        "slug": miniature.slug,
        "name": miniature.name,
        "manifest_sha256": miniature.manifest_sha256,
        "url": reverse("training:miniature", args=[miniature.pk]),
    }


def _task_versions(run: TrainingRun, rows: QuerySet[DatasetRow]) -> list[dict[str, Any]]:
    counts = dict(rows.order_by().values_list("draft__task_version__number").annotate(n=Count("pk")))
    hashes = dict(
        TaskVersion.objects.filter(task_id=run.task_id, number__in=counts).values_list("number", "content_hash")
    )
    return [
        {
            "number": number,
            "rows": counts[number],
            "content_hash": hashes.get(number, ""),
            "url": _url("review:version", run.task.slug, number),
        }
        for number in sorted(counts)
    ]


def _sources(rows: QuerySet[DatasetRow]) -> list[dict[str, Any]]:
    source = "draft__record__source__"
    fields = [f"{source}{name}" for name in ("pk", "name", "sha256", "synthetic_job")]
    counts = rows.order_by().values_list(*fields).annotate(n=Count("pk")).order_by("-n", f"{source}pk")
    return [
        {
            "id": str(pk),
            "name": name,
            "sha256": sha256,
            "is_synthetic": job is not None,
            "rows": n,
            "url": _url("review:source", pk),
        }
        for pk, name, sha256, job, n in counts
    ]


def _teachers(rows: QuerySet[DatasetRow]) -> list[dict[str, Any]]:
    fields = ("draft__origin", "draft__teacher", "draft__model", "draft__provenance")
    counts = rows.order_by().values_list(*fields).annotate(n=Count("pk")).order_by("-n", *fields)
    return [
        {"origin": origin, "teacher": teacher, "model": model, "provenance": note, "rows": n}
        for origin, teacher, model, note, n in counts
    ]


def _orders(rows: QuerySet[DatasetRow]) -> list[dict[str, Any]]:
    counts: dict[UUID, int] = dict(
        rows.filter(draft__job_id__isnull=False).order_by().values_list("draft__job_id").annotate(n=Count("pk"))
    )
    jobs = Job.objects.filter(pk__in=counts).order_by("created_at", "pk")
    return [{"job": str(job.pk), "title": job.title, "rows": counts[job.pk], "url": job.subject_url} for job in jobs]


def _reviewers(rows: QuerySet[DatasetRow]) -> list[dict[str, Any]]:
    reviewer = "decision__reviewer__username"
    counts = rows.order_by().values_list(reviewer).annotate(n=Count("pk")).order_by("-n", reviewer)
    return [{"reviewer": name, "decisions": n} for name, n in counts]


def _url(name: str, *args: Any) -> str:
    return reverse(name, args=args)
