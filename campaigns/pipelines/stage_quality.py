"""Quality of the miniatures of a pipeline's stages, by the evaluations on their own cards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from campaigns.planning.edit import MINIATURES
from evaluation.evaluations import tables
from evaluation.evaluations.run_inputs import tuned_name
from evaluation.models import Evaluation
from generation.models import Teacher
from review.states import Split
from training.models import Miniature
from web.db.keys import uuid_or_none


@dataclass(frozen=True)
class StageQuality:
    """Newest evaluation of a miniature: metric, value with interval as pages write them, on how many records."""

    metric: str
    value: str
    interval: str
    n: int
    split: str
    url: str


def of_teachers(teachers: Iterable[Teacher]) -> dict[UUID, StageQuality]:
    """Quality by teacher, of miniatures that were evaluated on a whole split; the test split comes before validation."""
    keys = {teacher.pk: _miniature_key(teacher) for teacher in teachers}
    if not any(keys.values()):
        return {}
    miniatures = Miniature.objects.filter(pk__in=[key for key in keys.values() if key]).select_related("run")
    by_key = {miniature.pk: miniature for miniature in miniatures}
    finished = Evaluation.objects.filter(run__miniature__in=list(by_key), suite=None).exclude(summary={})
    newest: dict[UUID, Evaluation] = {}
    for evaluation in finished.defer("record_ids").order_by("-created_at", "-id"):
        kept = newest.get(evaluation.run_id)
        if kept is None or (kept.split != Split.TEST and evaluation.split == Split.TEST):
            newest[evaluation.run_id] = evaluation
    found = {}
    for teacher, key in keys.items():
        miniature = by_key.get(key) if key else None
        quality = _quality(miniature, newest.get(miniature.run_id)) if miniature else None
        if quality is not None:
            found[teacher] = quality
    return found


def _miniature_key(teacher: Teacher) -> UUID | None:
    room, _, key = teacher.provided_by.partition(":")
    return uuid_or_none(key) if room == MINIATURES else None


def _quality(miniature: Miniature, evaluation: Evaluation | None) -> StageQuality | None:
    if evaluation is None:
        return None
    metric = tables.headline_metric(evaluation.summary)
    scored = evaluation.summary.get("systems", {}).get(tuned_name(miniature.run), {})
    cell = tables.cell(scored.get(metric.name), metric)
    if cell is None:
        return None
    url = reverse("training:miniature", args=[miniature.pk])
    return StageQuality(metric.label, cell["value"], cell["interval"], cell["n"], evaluation.split, url)
