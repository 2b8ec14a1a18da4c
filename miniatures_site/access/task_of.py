"""Lookup of the task that a route's address leads to: by its slug, or by what belongs to the task."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Q

from generation.models import Budget
from jobs.models import Job
from members.models import Member
from review.states import Role
from review.tasks import permissions
from webhooks.models import Hook

# What a parameter of an address is by the time a view gets it.
AddressValue = UUID | str
_FIRST_PARAMETER = re.compile(r"(?:([\w-]+)/)?<\w+:(\w+)>")


@dataclass(frozen=True, slots=True)
class TaskLookup:
    """Lookup of a task by one parameter of an address.

    Attributes:
        parameter: Its name in the address.
        tasks: The condition on tasks that only the parameter's task fulfils.
        missing: What a member reads who may not see it, or where there is nothing; `{}` is the value.
        is_hidden: Whether it is hidden from members of the task whose role is too small, instead of refused.
        otherwise: Returns whether the member may do it without a role in a task; may refuse in words of its own.
    """

    parameter: str
    tasks: Callable[[AddressValue], Q]
    missing: str
    is_hidden: bool = False
    otherwise: Callable[[AddressValue, Member, Role], bool] | None = None


def _by(path: str) -> Callable[[AddressValue], Q]:
    return lambda value: Q(**{path: value})


def _of_job(value: AddressValue) -> Q:
    return Q(slug__in=Job.objects.filter(pk=value).values("task_slug"))


def _of_hook(value: AddressValue) -> Q:
    return Q(slug__in=Hook.objects.filter(pk=value).values("task_slug"))


def _own_job(value: AddressValue, member: Member, least: Role) -> bool:
    """A job of no task is seen by whoever made it, and steered by admins."""
    is_own = Job.objects.filter(pk=value, task_slug="", created_by=member).exists()
    if is_own and least is not Role.VIEWER:
        raise PermissionDenied("Only an admin may pause, resume or cancel a job that belongs to no task.")
    return is_own


def _shared_budget(value: AddressValue, member: Member, least: Role) -> bool:
    """The installation's own budgets are seen by every member, and set by admins."""
    is_shared = Budget.objects.filter(pk=value, task__isnull=True).exists()
    if is_shared and least is not Role.VIEWER:
        raise PermissionDenied("Only an admin may set this budget.")
    return is_shared


def _webhook(value: AddressValue, member: Member, least: Role) -> bool:
    """Webhooks are a matter of admins and leads: others do not even ask whether there is one."""
    if not permissions.may_create(member):
        raise PermissionDenied("Webhooks need the role admin, or lead of a task.")
    return False


# By parameter, with the word before it in the address where several things are called the same.
_LOOKUPS: dict[str, tuple[Callable[[AddressValue], Q], str]] = {
    "tasks/slug": (_by("slug"), "There is no task '{}' that you can see."),
    "desk/slug": (_by("slug"), "There is no task '{}' that you can see."),
    "desk/task_slug": (_by("slug"), "There is no task '{}' that you can see."),
    "datasets/slug": (_by("datasets__slug"), "There is no dataset '{}' that you can see."),
    "campaigns/slug": (_by("campaigns__slug"), "There is no campaign '{}' that you can see."),
    "pipelines/slug": (_by("pipelines__slug"), "There is no pipeline '{}' that you can see."),
    "experiments/slug": (_by("campaigns__experiment__slug"), "There is no experiment '{}' that you can see."),
    "sources/pk": (_by("sources"), "There is no such source that you can see."),
    "share_id": (_by("share_outs"), "There is no such share-out."),
    "recall_id": (_by("recalls"), "There is no such recall."),
    "records/pk": (_by("records"), "There is no such record that you can see."),
    "contacts/pk": (_by("contacts"), "There is no such contact that you can see."),
    "record_id": (_by("records"), "There is no such record that you can see."),
    "draft_id": (_by("drafts"), "There is no such draft."),
    "decision_id": (_by("drafts__decisions"), "There is no such decision."),
    "comment_id": (_by("drafts__comments"), "There is no such comment."),
    "request_id": (_by("drafts__revision_requests"), "There is no such request."),
    "known_id": (_by("known_answers"), "There is no such known answer."),
    "version_id": (_by("datasets__versions"), "There is no dataset version with this id that you can see."),
    "order_id": (_by("orders"), "There is no such generation job that you can see."),
    "research_id": (_by("research"), "There is no such research that you can see."),
    "synthesis_id": (_by("syntheses"), "There are no such synthetic records that you can see."),
    "judging_id": (_by("judgings"), "There are no such verdicts that you can see."),
    "proposal_id": (_by("proposals"), "There is no such proposal that you can see."),
    "budget_id": (_by("budgets"), "There is no such budget that you can see."),
    "run_id": (_by("training_runs"), "There is no training run with this id that you can see."),
    "miniature_id": (_by("miniatures"), "There is no miniature with this id that you can see."),
    "router_id": (_by("routers"), "There is no router with this id that you can see."),
    "sweep_id": (_by("sweeps"), "There is no sweep with this id that you can see."),
    "evaluation_id": (_by("evaluations"), "There is no evaluation with this id that you can see."),
    "arena_id": (_by("arenas"), "There is no arena with this id that you can see."),
    "study_id": (_by("studies"), "There is no study with this id that you can see."),
    "message_id": (_by("campaigns__messages"), "There is no such mail."),
    "reply_id": (_by("campaigns__messages__replies"), "There is no such reply that you can see."),
    "unmatched_id": (_by("campaigns__unmatched_replies"), "There is no such unmatched reply that you can see."),
    "job_id": (_of_job, "There is no such job that you can see."),
    "hook_id": (_of_hook, "There is no webhook with this id that you can see."),
}
# Of persons only those learn who may read of them.
_HIDDEN = frozenset({"contacts/pk"})
_OTHERWISE = {"job_id": _own_job, "budget_id": _shared_budget, "hook_id": _webhook}


@cache
def lookup_of(pattern: str) -> TaskLookup | None:
    """Return how the first parameter of a pattern leads to a task; None where it does not.

    What else the address names is inside that task, or is not found: the view asks.
    """
    first = _FIRST_PARAMETER.search(pattern)
    if first is None:
        return None
    before, name = first.groups()
    key = next((key for key in (f"{before}/{name}", name) if key in _LOOKUPS), None)
    if key is None:
        return None
    tasks, missing = _LOOKUPS[key]
    return TaskLookup(name, tasks, missing, key in _HIDDEN, _OTHERWISE.get(name))
