"""Finds who is to verify by name: a miniature, or a teacher whose answers a task's budget pays.

Both come after the rules.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

from generation.claims.verifier import TeacherVerifier
from generation.models import Teacher
from jobs.lifecycle import wait
from jobs.models import Job
from members.models import Member
from review.models import Task
from review.tasks.queries import latest_version
from review.text.verification.claim_task import is_claim_task
from review.text.verification.rules_first import RulesFirst
from training.miniatures.claim_verifier import MiniatureVerifier
from training.models import Miniature
from web.errors import Refusal

WaitFor = Callable[[UUID], Job]


def miniature(name: str, *, by: str = "", wait_for: WaitFor = wait.until_ended) -> RulesFirst:
    """Rules, and after them a miniature.

    Args:
        name: Its short name.
        by: Who asks, by user name; the only admin where empty.

    Raises:
        PermissionDenied: The member only reads its task.
        Refusal: `miniature_unknown`, `member_unknown`, or as `MiniatureVerifier`.
    """
    chosen = Miniature.objects.select_related("task", "run__task_version").filter(slug=name).first()
    if chosen is None:
        raise Refusal("miniature_unknown", f"There is no miniature '{name}'.", hint="Write its short name.")
    return RulesFirst(MiniatureVerifier(chosen, by=member(by), wait_for=wait_for))


def teacher(
    name: str,
    *,
    max_cost_usd: Decimal | None = None,
    task: str = "",
    by: str = "",
    wait_for: WaitFor = wait.until_ended,
) -> RulesFirst:
    """Rules, and after them a teacher.

    Args:
        name: Its short name.
        max_cost_usd: What it may cost at most; needed where the teacher costs anything.
        task: Whose budget pays; the only task that checks claims where empty.
        by: A lead of that task, by user name; the only admin where empty.

    Raises:
        Refusal: `teacher_unknown`, `task_unknown` or `member_unknown`.
    """
    chosen = Teacher.objects.filter(slug=name).first()
    if chosen is None:
        raise Refusal("teacher_unknown", f"There is no teacher '{name}'.", hint="Write its short name.")
    return RulesFirst(TeacherVerifier(chosen, task_of(task), member(by), max_cost_usd, wait_for))


def task_of(slug: str) -> Task:
    """A task by its short name; the only one that checks claims where none is named."""
    tasks = Task.objects.filter(archived_at__isnull=True)
    found = list(tasks.filter(slug=slug)) if slug else [each for each in tasks if _checks_claims(each)]
    if len(found) == 1:
        return found[0]
    message = f"There is no task '{slug}'." if slug else f"{len(found)} tasks check claims."
    raise Refusal("task_unknown", message, hint="Name the task whose budget pays with --task.")


def member(username: str) -> Member:
    """An active member by name; the only admin where none is named."""
    members = Member.objects.filter(is_active=True)
    found = list(members.filter(username=username) if username else members.filter(is_superuser=True)[:2])
    if len(found) == 1:
        return found[0]
    message = f"There is no active member '{username}'." if username else "There is not exactly one admin."
    raise Refusal("member_unknown", message, hint="Name the member with --by.")


def _checks_claims(task: Task) -> bool:
    return task.versions.exists() and is_claim_task(latest_version(task).spec)
