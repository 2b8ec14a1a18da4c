"""Fingerprint of everything that a frozen version of a selection is written from, without reading a text.

What is said of drafts is only ever added to, so counts and newest moments change with it. Knows no files and no jobs.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.db.models import Count, Max, QuerySet, Sum
from django.utils import timezone

from review import ports
from review.datasets.dataset_filters import DatasetFilters
from review.models import (
    Comment,
    Decision,
    Draft,
    Gold,
    MachineAcceptance,
    Preference,
    RecallUndo,
    Record,
    Revocation,
    Ruling,
    Task,
    TaskVersion,
)
from review.spec.prompting import canonical_json
from review.states import OPEN, DraftState, MailOutcome

# A new number makes a selection frozen under an earlier shape of the files count as changed.
FILES_SHAPE = 1


def state_hash(task: Task, filters: DatasetFilters) -> str:
    """Return a hash that differs once a version frozen now could differ: a few aggregates over indexes, no text.

    Args:
        task: Locked by the caller, so that two freezes at once see the same state.
        filters: The selection, before freezing writes down until when outcomes count.

    Returns:
        SHA-256, hex.
    """
    state = {
        "files": FILES_SHAPE,
        # Without a zone it reads as it did before filters had one, so that their hashes stay.
        "filters": filters.model_dump(mode="json", exclude=None if filters.zone else {"zone"}),
        "decisions": _size(Decision.objects.filter(task=task), "created_at"),
        "golds": _size(Gold.objects.filter(task=task), "decided_at"),
        "rulings": _size(Ruling.objects.filter(draft__task=task), "created_at"),
        "preferences": _size(Preference.objects.filter(task=task), "created_at"),
        "comments": _size(Comment.objects.filter(draft__task=task), "created_at"),
        "revoked": _size(Revocation.objects.filter(draft__task=task), "created_at"),
        "erased drafts": _size(Draft.objects.filter(task=task, erased_at__isnull=False), "erased_at"),
        "erased records": _size(Record.objects.filter(task=task, erased_at__isnull=False), "erased_at"),
        "versions": _size(TaskVersion.objects.filter(task=task), "created_at"),
        **_of_filters(task, filters),
    }
    # A version may have been written between a recall and its undo.
    if undone := RecallUndo.objects.filter(recall__task=task).count():
        state["recalls undone"] = undone
    return hashlib.sha256(canonical_json(state).encode()).hexdigest()


def _size(rows: QuerySet[Any], moment: str) -> list[Any]:
    size = rows.order_by().aggregate(count=Count("pk"), newest=Max(moment))
    return [size["count"], size["newest"] and size["newest"].isoformat()]


def _of_filters(task: Task, filters: DatasetFilters) -> dict[str, Any]:
    """Return what only some filters ask about."""
    state: dict[str, Any] = {}
    drafts = Draft.objects.filter(task=task).order_by()
    if filters.without_marks or filters.without_checks:
        state["marks"] = drafts.filter(gold__isnull=False).aggregate(marks=Sum("marks_count"))["marks"]
    if filters.takes_machine:
        standing = MachineAcceptance.objects.filter(draft__task=task, draft__state=DraftState.MACHINE)
        state["machine"] = _size(standing, "created_at")
    if filters.unjudged == "take":
        state["unjudged"] = _size(drafts.filter(state__in=OPEN), "created_at")
    if filters.asks_for_outcomes and (room := ports.mail_outcomes()) is not None:
        mails = {outcome: room.drafts_with(outcome, until=None).filter(task=task) for outcome in MailOutcome}
        state["outcomes"] = {outcome.value: rows.order_by().count() for outcome, rows in mails.items()}
    if filters.exploratory_pairs:
        # Such a pair is made once its unanswered mail is two weeks old: days alone change it.
        state["day"] = timezone.now().date().isoformat()
    return state
