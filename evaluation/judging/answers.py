"""Answers of an evaluation's systems as texts for a judge, with drafts that experts judged beside them."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from itertools import islice
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from evaluation.evaluations.queries import system_labels
from evaluation.models import Evaluation, EvaluationOutput
from evaluation.states import SystemKind
from generation.judges import reviewed
from generation.judges.launch import Subject, with_reviewed
from generation.judges.pairs import PairSubject
from generation.judges.reviewed import TextToJudge
from review.spec.paths import word_count


def subject_of(evaluation: Evaluation) -> Subject:
    """Answers for a judge: the same records of each system, drawn at random, without answers of the wrong shape."""

    def texts(at_most: int, *, tested_only: bool = False) -> list[TextToJudge]:
        spec = evaluation.task_version.spec
        written = [text for text in _answers(evaluation, at_most) if reviewed.fits(spec, text.fields)]
        return with_reviewed(written, evaluation.task_version, key=str(evaluation.pk), tested_only=tested_only)

    def without_shape(at_most: int) -> dict[str, int]:
        spec, drawn = evaluation.task_version.spec, _drawn(evaluation, at_most)
        rows = EvaluationOutput.objects.filter(evaluation=evaluation, record__in=drawn, record__erased_at__isnull=True)
        rows = rows.exclude(kind=SystemKind.BASELINE)
        return dict(Counter(row.system for row in rows if not (row.fields and reviewed.fits(spec, row.fields))))

    url, name = reverse("evaluation:detail", args=[evaluation.pk]), f"the evaluation of {evaluation.run.name}"
    return Subject(name, evaluation.pk, url, evaluation.task_version, texts, without_shape)


def labelled_subject_of(evaluation: Evaluation) -> Subject:
    """Answers as in `subject_of`, grouped under the names that pages show."""
    subject = subject_of(evaluation)
    labels = system_labels(evaluation, evaluation.summary.get("systems", ()))

    def texts(at_most: int, *, tested_only: bool = False) -> list[TextToJudge]:
        drawn = subject.texts(at_most, tested_only=tested_only)
        return [replace(text, group=labels.get(text.group, text.group)) for text in drawn]

    def without_shape(at_most: int) -> dict[str, int]:
        return {labels.get(name, name): count for name, count in subject.without_shape(at_most).items()}

    return replace(subject, texts=texts, without_shape=without_shape)


def systems_of(evaluation: Evaluation) -> dict[str, str]:
    """Plain names of systems whose answers a judge may read: all but baselines, by the names they are stored under."""
    return system_labels(evaluation, sorted(set(_written(evaluation).values_list("system", flat=True))))


def pairs_of(evaluation: Evaluation, first: str, second: str) -> PairSubject:
    """Two systems of an evaluation: their answers on the same records, drawn at random, where both have a shape."""

    def pairs(at_most: int) -> list[tuple[TextToJudge, TextToJudge]]:
        spec = evaluation.task_version.spec
        sides = [
            {row.record_id: row for row in _written(evaluation).filter(system=system)} for system in (first, second)
        ]
        both = [pk for pk in _shuffled(evaluation) if all(pk in side for side in sides)]
        texts = ((_text(evaluation, sides[0][pk]), _text(evaluation, sides[1][pk])) for pk in both)
        fitting = (pair for pair in texts if all(reviewed.fits(spec, text.fields) for text in pair))
        return list(islice(fitting, at_most))

    url, name = reverse("evaluation:detail", args=[evaluation.pk]), f"the evaluation of {evaluation.run.name}"
    return PairSubject(name, evaluation.pk, url, evaluation.task_version, first, second, pairs)


def labelled_pairs_of(evaluation: Evaluation, first: str, second: str) -> PairSubject:
    """Two systems as in `pairs_of`, under the names that pages show."""
    labels = system_labels(evaluation, (first, second))
    return replace(pairs_of(evaluation, first, second), first=labels[first], second=labels[second])


def _written(evaluation: Evaluation) -> QuerySet[EvaluationOutput]:
    rows = EvaluationOutput.objects.filter(evaluation=evaluation, fields__isnull=False, record__erased_at__isnull=True)
    return rows.exclude(kind=SystemKind.BASELINE).exclude(fields={})


def _shuffled(evaluation: Evaluation) -> list[UUID]:
    drawn = sorted(str(pk) for pk in evaluation.record_ids)
    random.Random(str(evaluation.pk)).shuffle(drawn)
    return [UUID(pk) for pk in drawn]


def _text(evaluation: Evaluation, row: EvaluationOutput) -> TextToJudge:
    student, teacher = _models(evaluation)
    return TextToJudge(
        record_id=row.record_id,
        fields=row.fields or {},
        words=word_count(row.fields or {}),
        group=row.system,
        model=teacher if row.kind == SystemKind.TEACHER else student,
    )


def _answers(evaluation: Evaluation, at_most: int) -> list[TextToJudge]:
    kept = _written(evaluation).filter(record__in=_drawn(evaluation, at_most)).order_by("system", "record")
    return [_text(evaluation, row) for row in kept if row.fields]


def _drawn(evaluation: Evaluation, at_most: int) -> list[UUID]:
    """Records whose answers are read, where all systems share `at_most`."""
    return _shuffled(evaluation)[: max(1, at_most // max(1, len(systems_of(evaluation))))]


def _models(evaluation: Evaluation) -> tuple[str, str]:
    """Student and teacher of these answers: neither judges itself."""
    base, order = evaluation.run.student, evaluation.teacher_order
    return base.hub_id or base.name, str(order.teacher_spec.get("model", "")) if order else ""
