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
from review.spec.task_spec import Reason
from review.tasks import authoring
from review.tasks.queries import latest_version
from tests.review import factories

THURSDAY = "Would a short call on Thursday be of use?"


def pending(task: Task, count: int = 1000) -> list[UUID]:
    """Drafts that wait, in the order of the queue."""
    waiting = Draft.objects.filter(task=task, state="pending").order_by("queue_position")
    return list(waiting.values_list("pk", flat=True)[:count])


def with_other_reasons(task: Task, *, by: Member, count: int) -> list[UUID]:
    """Make drafts of a later version of the task, whose only reasons to reject are `tone` and `stale`."""
    spec = latest_version(task).spec
    reasons = [*(each for each in spec.reasons if each.code == "tone"), Reason(digit=9, code="stale", label="Stale")]
    authoring.new_version(task, spec=spec.model_copy(update={"reasons": tuple(reasons)}), by=by)
    records = factories.make_records(factories.make_source(task, name="Later"), count)
    return [draft.pk for draft in factories.make_drafts(task, records)]


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
