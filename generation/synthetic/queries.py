"""Questions about orders for synthetic records: a task's, and one with what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from generation.models import Synthesis
from generation.states import DropReason
from jobs.states import FINISHED
from members.models import Member
from review.models import Source, Task
from review.states import Role
from review.tasks.permissions import may, tasks_for
from web.http.first_or_404 import first_or_404

LISTED = 50


@dataclass(frozen=True)
class DropLine:
    """Why records stayed out, and how many."""

    label: str
    count: int


def of_task(member: Member, task: Task) -> QuerySet[Synthesis]:
    """A task's orders for records, newest first."""
    return _visible(member).filter(task=task).order_by("-created_at", "-id")


def get(member: Member, synthesis_id: UUID) -> Synthesis:
    """Return one order for records by its id, or answer 404 where the member may not see its task."""
    return first_or_404(
        _visible(member).filter(pk=synthesis_id), "There are no such synthetic records that you can see."
    )


def drop_lines(synthesis: Synthesis) -> list[DropLine]:
    """Records that were written and stayed out, by why."""
    return [
        DropLine(str(reason.label), synthesis.dropped[reason]) for reason in DropReason if synthesis.dropped.get(reason)
    ]


def sources_of(synthesis: Synthesis) -> list[Source]:
    """Return the sources that its records became; a job that was resumed makes another source."""
    if synthesis.order.job_id is None:
        return []
    return list(Source.objects.filter(task=synthesis.task, synthetic_job=synthesis.order.job_id).order_by("created_at"))


def may_take_in(member: Member, synthesis: Synthesis) -> bool:
    """Tell whether a member may bring in what was kept, and anything was."""
    job = synthesis.order.job
    is_over = job is not None and job.state in FINISHED
    return is_over and may(member, synthesis.task, Role.LEAD) and synthesis.order.kept_answers().exists()


def _visible(member: Member) -> QuerySet[Synthesis]:
    rows = Synthesis.objects.filter(task__in=tasks_for(member))
    return rows.select_related("task", "order__job", "order__teacher", "created_by")
