"""Held-out verdicts that a router's promise rests on. Reads only.

They hold what each model wrote for one record, and what experts made of it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

import numpy as np
from django.db.models import Exists, OuterRef, Q, QuerySet

from generation.judges.acceptance.evidence import ruled
from generation.models import Teacher
from review.drafts import queries as draft_queries
from review.models import Assignment, Draft, Record, Task
from review.states import Drawn, Split, Verdict
from review.tasks.queries import latest_version
from serving.promotions.teachers import ROOM
from serving.states import RouteFeature
from stats.routing import JudgedUnit
from training.models import Miniature

# Thresholds of marks, and how many a number of the record has, from the records that a miniature was tuned on.
_MARKS: Final = range(6)
_STEPS: Final = 20


@dataclass(frozen=True, slots=True)
class RouteRule:
    """Rule that a router decides by.

    Attributes:
        fact: The record's number, where that is the feature.
        takes_low: Whether the cheaper models take small numbers of the record; of marks they always take the fewest,
            and of texts those that the miniature was surest of.
    """

    feature: str
    fact: str = ""
    takes_low: bool = False

    @property
    def sign(self) -> int:
        """Return what a value is multiplied by, so that greater scores go to cheaper models."""
        if self.feature == RouteFeature.CONFIDENCE:
            return 1
        return -1 if self.takes_low or self.feature == RouteFeature.CHECKS else 1


@dataclass(frozen=True, slots=True)
class JudgedRecord:
    """One record, of a company of its own, with what experts made of each model's draft; the teacher is last."""

    record: UUID
    unit: JudgedUnit
    costs_usd: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class _Seen:
    passes: bool
    marks: int
    mean_log_prob: float | None
    cost_usd: Decimal


def teachers_of(task: Task) -> list[Teacher]:
    """Teachers that can be a router's last model: those that wrote drafts of the task and are no miniature."""
    names = draft_queries.teachers_of(task)
    return [each for each in Teacher.objects.filter(provided_by="") if each.label in names]


def collect(task: Task, miniatures: Sequence[Miniature], teacher: Teacher, rule: RouteRule) -> list[JudgedRecord]:
    """Validation records on which experts judged a draft of every model, one for each company.

    Records of one company resemble each other, so of each company one is taken, by lot and without a look at verdicts:
    an exact test needs independent units. Verdicts in bulk, imported ones and those on cards that a reviewer asked for
    are left out; a draft that was written anew instead did not pass.

    Args:
        task: Whose latest version counts.
        miniatures: The models but the last, the cheapest first.
    """
    labels = [label_of(each) for each in miniatures] + [teacher.label]
    by_record = _verdicts(task, labels)
    whole = {record: verdicts for record, verdicts in by_record.items() if all(label in verdicts for label in labels)}
    return [
        JudgedRecord(
            record.pk,
            JudgedUnit(
                _score(record.facts, whole[record.pk][labels[0]], rule),
                tuple(whole[record.pk][label].passes for label in labels),
            ),
            tuple(whole[record.pk][label].cost_usd for label in labels),
        )
        for record in _one_of_a_company(task, list(whole))
    ]


def grid(task: Task, rule: RouteRule, writer: Miniature) -> list[float]:
    """Scores that thresholds are chosen from; of the records that no verdict counts of, so fixed before any is seen.

    Args:
        writer: The miniature that is asked first.
    """
    if rule.feature == RouteFeature.CHECKS:
        return [-float(marks) for marks in _MARKS]
    values = _confidences(task, writer) if rule.feature == RouteFeature.CONFIDENCE else _numbers(task, rule.fact)
    scores = [rule.sign * value for value in values]
    return sorted(set(np.quantile(scores, np.linspace(0, 1, _STEPS)).tolist())) if scores else []


def _numbers(task: Task, fact: str) -> list[float]:
    facts = Record.objects.filter(task=task, split=Split.TRAIN).values_list("facts", flat=True)
    return [number for row in facts if (number := number_of(row, fact)) is not None]


def _confidences(task: Task, writer: Miniature) -> list[float]:
    rows = Draft.objects.filter(task=task, teacher=label_of(writer), record__split=Split.TRAIN)
    return [value for value in rows.order_by().values_list("mean_log_prob", flat=True) if value is not None]


def records_hash(records: Sequence[JudgedRecord]) -> str:
    """SHA-256 of the records' ids in order."""
    return hashlib.sha256("\n".join(sorted(str(each.record) for each in records)).encode()).hexdigest()


def score_of(value: float | None, rule: RouteRule) -> float | None:
    """A feature's value as a score: the greater, the sooner a cheaper model takes it."""
    return None if value is None else rule.sign * value


def number_of(facts: Mapping[str, object], name: str) -> float | None:
    """A number of a record; None where it is missing, no number or not finite."""
    try:
        number = float(str(facts.get(name)))
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def passes_of(drafts: Sequence[UUID]) -> dict[UUID, bool]:
    """Verdicts of experts on each of these drafts that they ruled on one by one; by the same rule as the pairs."""
    rows = _ruled_one_by_one().filter(pk__in=drafts)
    return {pk: verdict == Verdict.ACCEPT for pk, verdict in rows.values_list("pk", "gold__verdict")}


def _score(facts: Mapping[str, object], first: _Seen, rule: RouteRule) -> float | None:
    if rule.feature == RouteFeature.FACT:
        return score_of(number_of(facts, rule.fact), rule)
    return score_of(text_value(rule.feature, first.marks, first.mean_log_prob), rule)


def text_value(feature: str, marks: int, mean_log_prob: float | None) -> float | None:
    """Return what a router reads off the first miniature's text; None where it was not kept how sure that was."""
    return mean_log_prob if feature == RouteFeature.CONFIDENCE else float(marks)


def label_of(miniature: Miniature) -> str:
    """Under which name its drafts stand."""
    teacher = Teacher.objects.filter(provided_by=f"{ROOM}:{miniature.pk}").first()
    return teacher.label if teacher is not None else f"miniature {miniature.pk}"


def _ruled_one_by_one() -> QuerySet[Draft]:
    asked_for = Assignment.objects.filter(draft=OuterRef("pk"), drawn=Drawn.ASKED)
    in_use = Q(erased_at__isnull=True, revocation__isnull=True, thread__isnull=True, parent__isnull=True)
    return Draft.objects.filter(in_use, ruled(""), ~Exists(asked_for)).order_by()


def _verdicts(task: Task, labels: Sequence[str]) -> Mapping[UUID, Mapping[str, _Seen]]:
    rows = _ruled_one_by_one().filter(task=task, task_version=latest_version(task))
    rows = rows.filter(teacher__in=labels, record__split=Split.VALIDATION).order_by("created_at", "pk")
    verdicts: dict[UUID, dict[str, _Seen]] = defaultdict(dict)
    columns = ("record", "teacher", "gold__verdict", "marks_count", "mean_log_prob", "cost_usd")
    for record, label, verdict, *written in rows.values_list(*columns):
        verdicts[record].setdefault(label, _Seen(verdict == Verdict.ACCEPT, *written))
    return verdicts


def _one_of_a_company(task: Task, ids: Sequence[UUID]) -> list[Record]:
    """Draw one record of each company; a company is known by its name and by its domain."""
    taken: set[str] = set()
    chosen = []
    for record in sorted(Record.objects.in_bulk(ids).values(), key=lambda each: _lot(task, each.pk)):
        names = {f"name {record.group}", *([f"domain {record.domain}"] if record.domain else [])}
        if taken.isdisjoint(names):
            chosen.append(record)
        taken |= names
    return chosen


def _lot(task: Task, record: UUID) -> str:
    return hashlib.sha256(f"{task.seed} router {record}".encode()).hexdigest()
