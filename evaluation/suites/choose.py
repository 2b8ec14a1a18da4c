"""Choice of a suite's cases. All are of the validation split: never trained on, never of the test split."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from evaluation.states import SuiteKind
from evaluation.suites import derive, slicing
from review.models import Gold, Record, Task
from review.spec.schema import Facts
from review.spec.task_spec import TaskSpec
from review.states import POSITIVE, Split, Verdict

# An edit that changed at least this share of a draft's words says that the draft was hardly of use.
HEAVY_EDIT: Final = 0.3
_HEAVILY_EDITED: Final = Q(verdict=Verdict.EDIT, decision__edit_size__gte=HEAVY_EDIT)


@dataclass(frozen=True)
class SuiteRequest:
    """Request for a suite.

    Attributes:
        name: How people call it; its kind and a number, where it has none.
        column: Of a slice: which fact, or the length or the script of the facts.
        value: Of a slice: what the fact says.
        seed: Deals the rules of an adversarial suite to records.
    """

    kind: SuiteKind
    name: str = ""
    column: str = ""
    value: str = ""
    seed: int = 1


@dataclass(frozen=True)
class SuiteCase:
    """One case: a record, the rule that changes its facts (empty for none), and the facts as they are then."""

    record: UUID
    rule: str
    facts: Facts


def cases(task: Task, spec: TaskSpec, request: SuiteRequest, *, limit: int) -> list[SuiteCase]:
    """The cases of a suite, at most `limit`; the same for the same rows and request."""
    if request.kind == SuiteKind.ADVERSARIAL:
        return _adversarial(spec, _facts(_records(task)), request.seed)[:limit]
    if request.kind == SuiteKind.SLICE:
        return _of_slice(spec, _facts(_records(task)), request)[:limit]
    facts = _facts(_chosen(task, request)[:limit])
    return [SuiteCase(record, "", record_facts) for record, record_facts in facts.items()]


def _chosen(task: Task, request: SuiteRequest) -> QuerySet[Record]:
    records = _records(task)
    if request.kind == SuiteKind.HARD:
        return _by_mistakes(task, records, Q(verdict=Verdict.REJECT) | _HEAVILY_EDITED)
    if request.kind == SuiteKind.REGRESSION:
        mended = Gold.objects.filter(task=task, verdict__in=POSITIVE).values("draft__record")
        return _by_mistakes(task, records.filter(pk__in=mended), Q(verdict__in=(Verdict.REJECT, Verdict.EDIT)))
    return records


def _records(task: Task) -> QuerySet[Record]:
    return Record.objects.filter(task=task, split=Split.VALIDATION, erased_at__isnull=True).order_by("content_hash")


def _by_mistakes(task: Task, records: QuerySet[Record], mistakes: Q) -> QuerySet[Record]:
    """Records with drafts that were mistakes, those with most of them first."""
    wrong = Gold.objects.filter(mistakes, task=task).values("draft")
    counted = records.filter(drafts__in=wrong).annotate(mistakes=Count("drafts", distinct=True))
    return counted.order_by("-mistakes", "content_hash")


def _facts(records: QuerySet[Record]) -> dict[UUID, Facts]:
    return dict(records.values_list("pk", "facts"))


def _of_slice(spec: TaskSpec, facts: dict[UUID, Facts], request: SuiteRequest) -> list[SuiteCase]:
    slices = slicing.slices_of(spec, {str(record): record_facts for record, record_facts in facts.items()})
    slice_records = slices.get(request.column, {}).get(request.value, set())
    return [
        SuiteCase(record, "", record_facts) for record, record_facts in facts.items() if str(record) in slice_records
    ]


def _adversarial(spec: TaskSpec, facts: dict[UUID, Facts], seed: int) -> list[SuiteCase]:
    """One case a record: rules are dealt over shuffled records; one that does not apply is passed on."""

    def place(record: UUID) -> str:
        return hashlib.sha256(f"{seed}:{derive.content_hash([('', '', facts[record])])}".encode()).hexdigest()

    made: list[SuiteCase] = []
    for number, record in enumerate(sorted(facts, key=place)):
        for step in range(len(derive.RULES)):
            rule = derive.RULES[(number + step) % len(derive.RULES)]
            case_facts = derive.derived(spec, facts[record], rule)
            # A text that is very long already stays as it is.
            if case_facts is not None and case_facts != facts[record]:
                made.append(SuiteCase(record, rule, case_facts))
                break
    return made
