"""Golds now or as of a past moment, and each filter of a selection as one condition, in the order a page counts them.

Decisions and rulings are never changed, so the answer for a moment stays the same, but for drafts erased, revoked or
given a known answer since, which are part of no answer.

Knows tables and filters; does not know caps, near-duplicates or what becomes of the rows.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.db.models.lookups import Contains

from review.datasets import mail_outcomes
from review.datasets.dataset_filters import DatasetFilters
from review.desk import golds, queues
from review.models import Decision, DeskSettings, MachineAcceptance, Ruling, Task
from review.states import RULES_NOTHING, DraftState, RulingKind, Verdict
from web import zones

RULED = (RulingKind.ADOPT, RulingKind.SETTLE)
# Filters that ask of the draft alone, not of a person's verdict.
_OF_DRAFTS = {"task_version", "source", "teacher", "origin", "round", "date", "checks", "outcome", "no_outcome"}
AGREEMENT_LABELS = {"unanimous": "Without a second reviewer who agrees", "settled": "Not settled by a lead"}


@dataclass(frozen=True, slots=True)
class FilterCondition:
    """One filter.

    Attributes:
        name: What it is called where reasons are counted.
        label: How a page says why rows go.
        condition: True for decisions that stay.
    """

    name: str
    label: str
    condition: Q


def usable_golds(task: Task, filters: DatasetFilters) -> QuerySet[Decision]:
    """Decisions that count now and may be used: tombstones teach nothing, and what was revoked is out of use.

    With `as_of` these are verdicts that may have counted then; which of them did is said by `decision_ids`.
    """
    usable = Decision.objects.filter(task=task, draft__erased_at__isnull=True, draft__revocation__isnull=True).exclude(
        verdict=Verdict.RETRACT
    )
    if filters.as_of is not None:
        return usable.filter(created_at__lte=filters.as_of)
    return usable.filter(gold__isnull=False)


def machine_accepted(task: Task, filters: DatasetFilters) -> QuerySet[MachineAcceptance]:
    """Drafts that stand accepted by a judge and pass the filters; none unless the filters take such."""
    rows = MachineAcceptance.objects.filter(
        draft__task=task, is_audit=False, draft__state=DraftState.MACHINE, draft__revocation__isnull=True
    )
    if not filters.takes_machine:
        return rows.none()
    return rows.filter(*(step.condition for step in filter_conditions(filters) if step.name in _OF_DRAFTS))


def filter_conditions(filters: DatasetFilters) -> list[FilterCondition]:
    """The filters that are set, one by one; what each drops is what those before it left."""
    conditions = [FilterCondition("verdict", "Filtered by decision", Q(verdict__in=filters.verdicts))]
    add = conditions.append
    if filters.task_versions:
        add(
            FilterCondition(
                "task_version", "Task version not selected", Q(draft__task_version__number__in=filters.task_versions)
            )
        )
    if filters.sources:
        add(FilterCondition("source", "Source not selected", Q(draft__record__source__slug__in=filters.sources)))
    if filters.teachers:
        add(FilterCondition("teacher", "Teacher not selected", Q(draft__teacher__in=filters.teachers)))
    if filters.origins:
        add(FilterCondition("origin", "Origin not selected", Q(draft__origin__in=filters.origins)))
    if filters.rounds:
        add(FilterCondition("round", "Round not selected", Q(draft__round__in=filters.rounds)))
    if filters.reviewers:
        add(FilterCondition("reviewer", "Reviewer not selected", Q(reviewer__username__in=filters.reviewers)))
    if filters.decided_from or filters.decided_to:
        add(FilterCondition("date", "Decided outside the dates", _days(filters)))
    if filters.agreement != "any":
        add(FilterCondition("agreement", AGREEMENT_LABELS[filters.agreement], _agreement(filters)))
    if filters.edit_size_from is not None or filters.edit_size_to is not None:
        add(FilterCondition("edit_size", "Edit size out of range", _edit_size(filters)))
    if filters.without_marks or filters.without_checks:
        add(FilterCondition("checks", "Marked by a check", _checks(filters)))
    if filters.outcomes:
        add(FilterCondition("outcome", "Without the outcome", mail_outcomes.with_any(filters)))
    if filters.without_outcomes:
        add(FilterCondition("no_outcome", "With an outcome left out", ~mail_outcomes.with_any_left_out(filters)))
    if filters.bulk != "all":
        label = "Judged in bulk" if filters.bulk == "none" else "Accepted in bulk"
        add(FilterCondition("bulk", label, _bulk(filters)))
    if filters.imported != "all":
        label = "Not an imported verdict" if filters.imported == "only" else "Imported verdict"
        add(FilterCondition("imported", label, Q(imported_from__isnull=filters.imported == "none")))
    return conditions


def _days(filters: DatasetFilters) -> Q:
    condition = Q()
    zone = zones.named(filters.zone or settings.TIME_ZONE) or ZoneInfo(zones.UTC_NAME)
    if filters.decided_from:
        condition &= Q(created_at__gte=zones.start_of(filters.decided_from, zone))
    if filters.decided_to:
        condition &= Q(created_at__lt=zones.end_of(filters.decided_to, zone))
    return condition


def _edit_size(filters: DatasetFilters) -> Q:
    """Return bounds on edits alone; an edit without a measured size is outside any bound."""
    bounds = Q(edit_size__isnull=False)
    if filters.edit_size_from is not None:
        bounds &= Q(edit_size__gte=filters.edit_size_from)
    if filters.edit_size_to is not None:
        bounds &= Q(edit_size__lte=filters.edit_size_to)
    return ~Q(verdict=Verdict.EDIT) | bounds


def _checks(filters: DatasetFilters) -> Q:
    if filters.without_marks:
        return Q(draft__marks_count=0)
    condition = Q()
    for kind in filters.without_checks:
        # SQLite knows no containment of JSON; both databases write a key and its word in the same way.
        condition &= ~Q(Contains(Cast("draft__marks", TextField()), f'"check": "{kind}"'))
    return condition


def _bulk(filters: DatasetFilters) -> Q:
    alone = Q(bulk__isnull=True)
    return alone if filters.bulk == "none" else alone | ~Q(verdict=Verdict.ACCEPT)


def _agreement(filters: DatasetFilters) -> Q:
    until = Q(created_at__lte=filters.as_of) if filters.as_of else Q()
    if filters.agreement == "settled":
        return Q(Exists(Ruling.objects.filter(until, decision=OuterRef("pk"), kind__in=RULED)))
    # Where nothing was ruled and a verdict counts, all standing ones end with one text: a second is all it takes.
    taken_back = Q(retracted_by__isnull=False)
    if filters.as_of:
        taken_back &= Q(retracted_by__created_at__lte=filters.as_of)
    others = Decision.objects.filter(until, ~taken_back, draft=OuterRef("draft"), is_late=False)
    others = others.exclude(verdict=Verdict.RETRACT).exclude(pk=OuterRef("pk")).exclude(reviewer=OuterRef("reviewer"))
    ruled = Ruling.objects.filter(until, draft=OuterRef("draft"), kind__in=RULED)
    return Q(Exists(others)) & ~Q(Exists(ruled))


CHUNK = 2000


def decision_ids(task: Task, moment: datetime, *, drafts: Collection[UUID] | None = None) -> frozenset[UUID]:
    """Decisions that resolved their drafts at the moment, by the rule of `golds.resolving`.

    Reads the task's decisions once, in one pass; memory holds one id a draft. A verdict brought in with a file counts
    from the time it names.

    Args:
        drafts: These drafts alone; all of the task when None.
    """
    ruled, sent_back, again = _rulings(task, moment, drafts)
    # Texts are loaded only where two verdicts must be compared.
    light = Decision.objects.filter(task=task, created_at__lte=moment, draft__known_answer__isnull=True).only(
        "id", "draft_id", "task_id", "verdict", "is_late", "retracts_id", "created_at"
    )
    if drafts is not None:
        light = light.filter(draft__in=list(drafts))
    ordered = light.annotate(wanted=F("draft__verdicts_wanted")).order_by("draft_id", "created_at")
    desk = DeskSettings.objects.filter(task=task).first() or DeskSettings(task=task)
    result: set[UUID] = set()
    for draft, decisions in groupby(ordered.iterator(chunk_size=CHUNK), key=lambda decision: decision.draft_id):
        all_decisions = list(decisions)
        required = cast(Any, all_decisions[0]).wanted
        if draft in again:
            # Sending back may raise how many verdicts a draft takes; before that it took as many as it was drawn for.
            drawn_for = queues.verdicts_wanted(
                task.seed, draft, share=desk.overlap_share, reviewers=desk.overlap_reviewers
            )
            required = min(required, drawn_for)
        gold_decision = golds.resolving(all_decisions, ruled=ruled.get(draft), sent_back=sent_back, required=required)
        if gold_decision is not None:
            result.add(gold_decision.pk)
    return frozenset(result)


def _rulings(
    task: Task, moment: datetime, drafts: Collection[UUID] | None
) -> tuple[dict[UUID, UUID | None], set[UUID], set[UUID]]:
    """Return rulings by draft and decisions sent back, both until the moment, then drafts sent back only later."""
    ruled: dict[UUID, UUID | None] = {}
    sent_back: set[UUID] = set()
    later: set[UUID] = set()
    rulings = Ruling.objects.filter(draft__task=task).order_by("created_at", "id")
    if drafts is not None:
        rulings = rulings.filter(draft__in=list(drafts))
    columns = rulings.values_list("draft_id", "decision_id", "kind", "created_at")
    for draft, decision, kind, at in columns.iterator(chunk_size=CHUNK):
        if kind == RulingKind.SEND_BACK:
            if at > moment:
                later.add(draft)
            elif decision:
                sent_back.add(decision)
        elif kind not in RULES_NOTHING and at <= moment:
            ruled[draft] = decision
    return ruled, sent_back, later
