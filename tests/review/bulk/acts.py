"""Verbs of tests: preview an act on many and carry it out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from members.models import Member
from review.bulk import bulk_verdict, execution
from review.bulk import planning as selecting
from review.bulk.planning import BulkPlan
from review.models import BulkAct, Draft, Task

THURSDAY = "Would a short call on Thursday be of use?"


def pending(task: Task, count: int = 1000) -> list[UUID]:
    """Drafts that wait, in the order of the queue."""
    waiting = Draft.objects.filter(task=task, state="pending").order_by("queue_position")
    return list(waiting.values_list("pk", flat=True)[:count])


def said(verdict: str = "reject", **more: Any) -> bulk_verdict.BulkVerdict:
    """A verdict for many."""
    reasons = ["tone"] if verdict == "reject" else []
    return bulk_verdict.parse({"verdict": verdict, "reasons": reasons, **more})


def preview(task: Task, ids: Sequence[UUID], verdict: str = "reject", *, by: Member, **more: Any) -> BulkPlan:
    """What an act would do."""
    return selecting.plan(by, task, ids, said(verdict, **more))


def act(
    task: Task, ids: Sequence[UUID], verdict: str = "reject", *, by: Member, id: UUID | None = None,
    typed: int | None = None, **more: Any,
) -> BulkAct:  # fmt: skip
    """Preview and carry out."""
    plan = preview(task, ids, verdict, by=by, **more)
    return execution.carry_out(
        task, by=by, id=id or uuid4(), drafts=plan.ids, submission=said(verdict, **more), tag=plan.tag, typed=typed
    )
