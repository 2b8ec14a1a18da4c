"""Questions about orders for synthetic records: a task's, and one with what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from generation.models import Call, Synthesis
from generation.states import CallState, DropReason
from jobs.states import FINISHED
from members.models import Member
from review.models import Source, Task
from review.states import Role
from review.tasks.permissions import may, tasks_for

LISTED = 50


@dataclass(frozen=True)
class DropLine:
    """Why records stayed out, and how many."""

    label: str
    count: int


def of_task(member: Member, task: Task) -> list[Synthesis]:
    """A task's orders for records, newest first."""
    return list(_visible(member).filter(task=task).order_by("-created_at", "-id")[:LISTED])


def get(member: Member, synthesis_id: UUID) -> Synthesis:
    """Return one order for records by its id.

    Raises:
        Http404: No such order, or of a task the member may not see.
    """
    found = _visible(member).filter(pk=synthesis_id).first()
    if found is None:
        raise Http404("There are no such synthetic records that you can see.")
    return found


def drop_lines(made: Synthesis) -> list[DropLine]:
    """Records that were written and stayed out, by why."""
    return [DropLine(str(reason.label), made.dropped[reason]) for reason in DropReason if made.dropped.get(reason)]


def sources_of(made: Synthesis) -> list[Source]:
    """Return the sources that its records became; a job that was resumed makes another source."""
    if made.order.job_id is None:
        return []
    return list(Source.objects.filter(task=made.task, synthetic_job=made.order.job_id).order_by("created_at"))


def waiting(made: Synthesis) -> QuerySet[Call]:
    """Calls of which the answers have not been taken in."""
    return Call.objects.filter(order=made.order_id, state=CallState.ANSWERED, fields__isnull=False)


def may_take_in(member: Member, made: Synthesis) -> bool:
    """Tell whether a member may bring in what was kept, and anything was."""
    job = made.order.job
    is_over = job is not None and job.state in FINISHED
    return is_over and may(member, made.task, Role.LEAD) and waiting(made).exists()


def _visible(member: Member) -> QuerySet[Synthesis]:
    rows = Synthesis.objects.filter(task__in=tasks_for(member))
    return rows.select_related("task", "order__job", "order__teacher", "created_by")
