"""Choose which tasks the inbox of a campaign works with: one that gets the classes people say, one that drafts answers.

Both may be chosen and changed at any time: they touch no mail of the sequence and no experiment.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from audit import trail
from campaigns.models import Campaign, InboxSetup
from campaigns.replies import reply_facts, reply_golds
from generation.models import Teacher
from generation.teachers import provided
from members.models import Member
from review.models import Task, TaskVersion
from review.spec.task_spec import TaskSpec
from review.states import Role
from review.tasks import permissions
from review.tasks.queries import latest_version
from web.errors import Refusal


@dataclass(frozen=True)
class InboxChoice:
    """Tasks of an inbox; None for what it does without."""

    sorting_task: Task | None = None
    answer_task: Task | None = None
    answer_teacher: Teacher | None = None


@transaction.atomic
def choose(campaign: Campaign, choice: InboxChoice, *, by: Member) -> InboxSetup:
    """Set what the inbox of a campaign works with.

    Args:
        choice: The whole choice; what it leaves out is done without.
        by: A lead of the campaign's task and of each task chosen anew: replies become records there.

    Raises:
        PermissionDenied: The member does not lead one of these tasks.
        Refusal: `inbox_unfit` with errors by field: the task needs what no reply brings, or answers what cannot be
            used.
    """
    permissions.require(by, campaign.task, Role.LEAD)
    before = InboxSetup.objects.filter(campaign=campaign).first()
    kept = (before.sorting_task_id, before.answer_task_id) if before else (None, None)
    for task, kept_id in zip((choice.sorting_task, choice.answer_task), kept, strict=True):
        # What another lead chose may stay.
        if task is not None and task.pk != kept_id:
            permissions.require(by, task, Role.LEAD)
    if errors := _errors(campaign, choice):
        raise Refusal("inbox_unfit", "The inbox cannot use these settings.", errors=errors)
    setup, _ = InboxSetup.objects.update_or_create(
        campaign=campaign,
        defaults={
            "sorting_task": choice.sorting_task,
            "answer_task": choice.answer_task,
            "answer_teacher": choice.answer_teacher,
        },
    )
    trail.record(
        "inbox_set_up",
        by=by,
        about=campaign,
        sorting=choice.sorting_task.slug if choice.sorting_task else "",
        answers=choice.answer_task.slug if choice.answer_task else "",
        teacher=choice.answer_teacher.slug if choice.answer_teacher else "",
    )
    return setup


def fitting(versions: Iterable[TaskVersion], mail: TaskSpec) -> tuple[list[Task], list[Task]]:
    """Split these tasks into those that can get the classes of replies and those that can draft answers."""
    offered = list(versions)
    return (
        [version.task for version in offered if not sorting_fault(version.spec, mail)],
        [version.task for version in offered if not answering_fault(version.spec, mail)],
    )


def sorting_fault(spec: TaskSpec, mail: TaskSpec) -> str:
    """Say why a task cannot get the classes of replies; empty where it can."""
    return _needs(spec, mail) or reply_golds.misfit(spec)


def answering_fault(spec: TaskSpec, mail: TaskSpec) -> str:
    """Say why a task cannot draft answers; empty where it can."""
    if not any(field.role == "body" and field.type == "text" for field in spec.output_schema):
        return "it writes no text with the role body."
    return _needs(spec, mail)


def _needs(spec: TaskSpec, mail: TaskSpec) -> str:
    missing = reply_facts.unfilled(spec, mail)
    return f"it needs {', '.join(missing)}, which no reply brings: make it optional there." if missing else ""


def _errors(campaign: Campaign, choice: InboxChoice) -> dict[str, list[str]]:
    mail, errors = campaign.task_version.spec, {}
    if (task := choice.sorting_task) and (fault := sorting_fault(latest_version(task).spec, mail)):
        errors["sorting_task"] = [f"{task.name} does not fit: {fault}"]
    if task := choice.answer_task:
        if fault := answering_fault(latest_version(task).spec, mail):
            errors["answer_task"] = [f"{task.name} does not fit: {fault}"]
        if choice.answer_teacher is None:
            errors["answer_teacher"] = ["Choose who drafts the answers."]
        elif not provided.writes_for(task, Teacher.objects.filter(pk=choice.answer_teacher.pk)):
            errors["answer_teacher"] = [f"{choice.answer_teacher.name} is a miniature of another task."]
    elif choice.answer_teacher is not None:
        errors["answer_task"] = ["Choose the task that it drafts answers for."]
    return errors
