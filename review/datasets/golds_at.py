"""Golds as of a past moment, recomputed from the decisions and rulings made until then.

Decisions and rulings are never changed, so the answer for a moment stays the same for ever, but for drafts erased,
revoked or given a known answer since, which are part of no answer.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from itertools import groupby
from typing import Any, cast
from uuid import UUID

from django.db.models import F

from review.desk import golds, overlap
from review.models import Decision, DeskSettings, Ruling, Task
from review.states import RULES_NOTHING, RulingKind

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
            drawn_for = overlap.verdicts_wanted(
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
