"""The part of an evidence file on the miniature itself: its run, evaluations, openings, promotions and registrations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from evaluation.evaluations import queries as evaluation_queries
from evaluation.models import Evaluation, Gate, Study
from jobs.models import JobEvent
from serving.evidence import ports
from serving.evidence.other_tasks import OtherTasks
from serving.evidence.ports import SealedRegistration
from serving.models import Promotion
from training.models import Miniature, TrainingRun


def miniature_facts(miniature: Miniature) -> dict[str, Any]:
    """Return which weights it is of, and what they rest on by hash."""
    run = miniature.run
    return {
        "id": str(miniature.pk),
        "slug": miniature.slug,
        "name": miniature.name,
        "task": run.task.slug,
        "made_at": miniature.created_at.isoformat(),
        "manifest_sha256": miniature.manifest_sha256,
        "files": miniature.files,
        "run": str(run.pk),
        "dataset_version": str(run.dataset_version_id),
        "dataset_content_hash": run.dataset_version.content_hash,
    }


def run_facts(run: TrainingRun) -> dict[str, Any]:
    """Return a run: what it was told, what it came to, and with what it computed."""
    job, student = run.job, run.student
    return {
        "id": str(run.pk),
        "number": run.number,
        "student": {
            "slug": student.slug,
            "hub_id": student.hub_id,
            "revision": student.revision,
            "manifest_sha256": student.manifest_sha256,
            "licence": student.licence,
        },
        "starts_from": _id(run.starts_from_id),
        "teacher": _id(run.teacher_id),
        "recipe_name": run.recipe_name,
        "recipe": run.recipe,
        "overrides": run.overrides,
        "sample": run.sample,
        "summary": run.summary,
        "environment": run.summary.get("environment"),
        "cost": run.cost,
        "job": str(job.pk),
        "state": job.state,
        "host": job.host_id,
        "started_at": _at(job.started_at),
        "finished_at": _at(job.finished_at),
        "launched_by": _id(run.created_by_id),
        "launched_at": run.created_at.isoformat(),
    }


def metrics(run: TrainingRun) -> Iterator[dict[str, Any]]:
    """Yield what the engine measured, in the order in which it was told."""
    events = JobEvent.objects.filter(job=run.job_id, kind="metric").order_by("seq")
    for seq, fence, at, payload in events.values_list("seq", "fence", "ts", "payload").iterator(chunk_size=1000):
        yield {"seq": seq, "attempt": fence, "at": at.isoformat(), **payload}


def evaluations(run: TrainingRun) -> Iterator[dict[str, Any]]:
    """Yield every evaluation of a run, the oldest first, those that came to nothing too."""
    for each in Evaluation.objects.filter(run=run).select_related("opening", "suite").order_by("created_at", "id"):
        opening = getattr(each, "opening", None)
        yield {
            "id": str(each.pk),
            "split": each.split,
            "suite": each.suite.name if each.suite else None,
            "opening": opening.number if opening else None,
            "records_hash": each.records_hash,
            "baselines": each.baselines,
            "problem": each.problem,
            "summary": each.summary,
            "ordered_by": _id(each.created_by_id),
            "at": each.created_at.isoformat(),
        }


def openings(run: TrainingRun) -> Iterator[dict[str, Any]]:
    """Yield every opening of the task's test split, for whichever run."""
    for opening in evaluation_queries.openings(run.task):
        yield {
            "number": opening.number,
            "planned": opening.planned,
            "level": opening.level,
            "evaluation": str(opening.evaluation_id),
            "run": str(opening.evaluation.run_id),
            "is_of_this_miniature": opening.evaluation.run_id == run.pk,
            "by": _id(opening.created_by_id),
            "at": opening.created_at.isoformat(),
        }


def promotions(miniature: Miniature) -> Iterator[dict[str, Any]]:
    """Yield each time it was put to work or taken back."""
    for row in Promotion.objects.filter(miniature=miniature).order_by("id"):
        yield {"id": row.pk, "act": row.act, "by": _id(row.by_id), "at": row.created_at.isoformat()}


def gate_results(miniature: Miniature) -> Iterator[dict[str, Any]]:
    """Yield each version of its task's gate, then each promotion over a gate, with what stood in the way and why it was done."""
    for gate in Gate.objects.filter(task=miniature.run.task_id).order_by("number"):
        yield {
            "gate": gate.number,
            "rules": gate.rules,
            "set_by": _id(gate.created_by_id),
            "at": gate.created_at.isoformat(),
        }
    for row in Promotion.objects.filter(miniature=miniature).exclude(overridden="").order_by("id"):
        yield {
            "promotion": row.pk,
            "overridden": row.overridden,
            "reason": row.override_reason,
            "by": _id(row.by_id),
            "at": row.created_at.isoformat(),
        }


def registrations(miniature: Miniature) -> Iterator[dict[str, Any]]:
    """Yield sealed registrations: studies of the task, and experiments in which the miniature writes.

    Of one that names another task only the seal is told.
    """
    sealed = [*_studies(miniature), *(each for room in ports.registrations(miniature) for each in room)]
    others = OtherTasks(miniature.task)
    for registration in sorted(sealed, key=lambda each: (each.at, each.id)):
        told = asdict(registration)
        if others.are_named_in(registration.name) or others.are_named_in_text(registration.text):
            del told["name"], told["text"]
            told["withheld"] = True
        yield told


def _studies(miniature: Miniature) -> Iterator[SealedRegistration]:
    for study in Study.objects.filter(task=miniature.task_id).order_by("created_at", "id"):
        yield SealedRegistration(
            "study",
            str(study.pk),
            study.question,
            study.record_text,
            study.record_sha256,
            study.created_at.isoformat(),
        )


def _id(value: object) -> str | None:
    return str(value) if value else None


def _at(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
