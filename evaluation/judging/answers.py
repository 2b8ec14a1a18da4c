"""Answers of an evaluation's systems as texts for a judge, with drafts that experts judged beside them."""

from __future__ import annotations

import random

from django.urls import reverse

from evaluation.models import Evaluation, EvaluationOutput
from evaluation.states import SystemKind
from generation.judges import reviewed
from generation.judges.launch import VERDICTS, Subject, with_reviewed
from generation.judges.reviewed import TextToJudge
from review.spec.paths import word_count


def subject_of(evaluation: Evaluation) -> Subject:
    """What a judge reads of an evaluation: the same records of each system, drawn at random, but for answers without a shape."""

    def texts(at_most: int) -> list[TextToJudge]:
        spec = evaluation.task_version.spec
        beside = reviewed.reviewed(evaluation.task, spec, at_most=VERDICTS, key=str(evaluation.pk))
        written = [text for text in _answers(evaluation, at_most) if reviewed.fits(spec, text.fields)]
        return with_reviewed(written, beside)

    url = reverse("evaluation:detail", args=[evaluation.pk])
    return Subject(f"the evaluation of {evaluation.run.name}", evaluation.pk, url, evaluation.task_version, texts)


def _answers(evaluation: Evaluation, at_most: int) -> list[TextToJudge]:
    rows = EvaluationOutput.objects.filter(evaluation=evaluation, fields__isnull=False, record__erased_at__isnull=True)
    rows = rows.exclude(kind=SystemKind.BASELINE).exclude(fields={})
    systems = sorted(set(rows.values_list("system", flat=True)))
    if not systems:
        return []
    drawn = sorted(evaluation.record_ids)
    random.Random(str(evaluation.pk)).shuffle(drawn)
    student, teacher = _models(evaluation)
    kept = rows.filter(record__in=drawn[: max(1, at_most // len(systems))]).order_by("system", "record")
    return [
        TextToJudge(
            record_id=row.record_id,
            fields=row.fields,
            words=word_count(row.fields),
            group=row.system,
            model=teacher if row.kind == SystemKind.TEACHER else student,
        )
        for row in kept
        if row.fields
    ]


def _models(evaluation: Evaluation) -> tuple[str, str]:
    """The student that answered, and the teacher that wrote for the same records: neither judges itself."""
    base, order = evaluation.run.student, evaluation.teacher_order
    return base.hub_id or base.name, str(order.teacher_spec.get("model", "")) if order else ""
