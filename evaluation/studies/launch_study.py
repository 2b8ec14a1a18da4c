"""Registration and launch of a study in one transaction; its row never changes afterwards."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from evaluation.models import Measurement, Study, StudyCell
from evaluation.studies import design as designs
from evaluation.studies import kinds, registration
from evaluation.studies import record as records
from evaluation.studies.design import StudyRequest
from evaluation.studies.planned_cells import PlannedStudyCell
from evaluation.studies.registration import StudyRegistration
from jobs.lifecycle import control
from members.models import Member
from review.models import DatasetVersion
from review.states import Role, Split
from review.tasks.permissions import require
from training.models import Student

KIND = "study"
_UNJUDGED = "unjudged_sha256"
# Values of an arm that other keys of a registration hold.
_ELSEWHERE = ("recipe", "is_base", "scores")


@transaction.atomic
def launch(
    request: StudyRequest,
    *,
    version: DatasetVersion,
    student: Student,
    by: Member,
    others: Sequence[DatasetVersion] = (),
) -> Study:
    """Register a study and start it.

    Args:
        request: Requested grid; the preset fills what is empty.
        version: Frozen dataset version.
        others: Versions of the other tasks of a transfer, which the member also leads.

    Raises:
        PermissionDenied: The member does not lead the task, or one of the other tasks.
        Refusal: The study cannot be run; nothing was launched.
    """
    task = version.dataset.task
    for each in (version, *others):
        require(by, each.dataset.task, Role.LEAD)
    laid = registration.plan_study(request, version=version, student=student, others=others)
    study_id = uuid.uuid4()
    text = records.text_of(_record(study_id, laid, by))
    job = control.launch(
        kind=KIND,
        title=f"Study: {laid.design.question}",
        spec={"study": str(study_id)},
        by=by,
        task_slug=task.slug,
        subject_id=study_id,
        subject_url=reverse("evaluation:study", args=[study_id]),
    )
    study = Study.objects.create(
        id=study_id,
        task=task,
        kind=laid.design.kind,
        question=laid.design.question[:200],
        dataset_version=version,
        student=laid.student,
        record_text=text,
        record_sha256=records.sha256_of(text),
        job=job,
        created_by=by,
    )
    StudyCell.objects.bulk_create(
        StudyCell(
            study=study,
            position=position,
            arm=cell.arm.name,
            records=cell.records,
            seed=cell.seed,
            measurement=_measurement(cell),
            is_reused=cell.fingerprint in laid.reused,
        )
        for position, cell in enumerate(laid.cells, start=1)
    )
    return study


def _measurement(cell: PlannedStudyCell) -> Measurement:
    measurement, _ = Measurement.objects.get_or_create(fingerprint=cell.fingerprint, defaults={"plan": cell.plan})
    return measurement


def _record(study_id: uuid.UUID, laid: StudyRegistration, by: Member) -> dict[str, Any]:
    version, task_version, student, design = laid.version, laid.task_version, laid.student, laid.design
    return {
        "id": str(study_id),
        "kind": str(design.kind),
        "question": design.question[:200],
        "registered_at": timezone.now().isoformat(timespec="seconds"),
        "registered_by": by.username,
        "task": {
            "slug": task_version.task.slug,
            "version": task_version.number,
            "content_hash": task_version.content_hash,
        },
        "dataset_version": {
            "id": str(version.pk),
            "dataset": version.dataset.slug,
            "number": version.number,
            "content_hash": version.content_hash,
            # Unjudged drafts of a raw arm, which the content hash does not cover.
            **next(({_UNJUDGED: cell.plan[_UNJUDGED]} for cell in laid.cells if _UNJUDGED in cell.plan), {}),
        },
        "student": {
            "slug": student.slug,
            "hub_id": student.hub_id,
            "revision": student.revision,
            "manifest_sha256": student.manifest_sha256,
        },
        "grid": {
            "arms": [_arm(laid, arm) for arm in design.arms],
            "sizes": list(design.sizes),
            "seeds": list(design.seeds),
            "epochs": design.epochs,
            **({"unit": "expert minutes"} if laid.kind.is_by_minutes else {}),
        },
        "metric": str(design.metric),
        "decision_rule": {
            **kinds.rule_of(design),
            "companies": dict(laid.companies),
            **laid.retrieval.rule,
        },
        "outlook": asdict(laid.outlook),
        "scored_on": {
            "split": str(Split.VALIDATION),
            "records": list(laid.scored),
            "written_records": design.written_records,
            "max_new_tokens": designs.MAX_NEW_TOKENS,
            **({"columns": [asdict(column) for column in laid.columns]} if laid.columns else {}),
        },
        "cells": [
            {
                "position": position,
                "arm": cell.arm.name,
                "seed": cell.seed,
                **{**cell.plan["sample"], "seed": cell.seed},
                "fingerprint": cell.fingerprint,
            }
            for position, cell in enumerate(laid.cells, start=1)
        ],
        "estimated_seconds": laid.seconds,
    }


def _arm(laid: StudyRegistration, arm: designs.StudyArm) -> dict[str, Any]:
    """Describe an arm by values unlike the defaults, without the seed of its recipe, which belongs to a cell."""
    recipe = next(cell.plan.get("recipe", {}) for cell in laid.cells if cell.arm == arm)
    own = {each.name: getattr(arm, each.name) for each in fields(arm) if getattr(arm, each.name) != each.default}
    return {
        **{name: value for name, value in own.items() if name not in _ELSEWHERE},
        **({"changes": dict(arm.changes)} if arm.changes else {}),
        "preset": arm.recipe,
        "recipe": {name: value for name, value in recipe.items() if name != "seed"},
    }
