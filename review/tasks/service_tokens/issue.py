"""Service tokens are made and taken back by leads of their task."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from members.models import ApiToken, Member
from members.tokens import issue
from review.models import Membership, Task
from review.states import Role
from review.tasks.permissions import require
from web.errors import Refusal

AT_MOST = 50
# Scopes whose acts are a lead's; the token's scopes say which of them.
LED = frozenset({"outcomes", "lead"})
NAME_CHARS = 60


def make(task: Task, *, name: str, scopes: Sequence[str], days: int, by: Member) -> tuple[ApiToken, str]:
    """Make a program of the task, and its token.

    Args:
        task: The only one it reaches.
        scopes: Some of `members.tokens.scopes.SERVICE_SCOPES`.
        days: Days until the token expires, 1 to 366.
        by: A lead of the task.

    Returns:
        The row and the token itself, which is nowhere kept.

    Raises:
        PermissionDenied: `by` does not lead the task, or is a program.
        Refusal: 422 with a message by field; 409 when the task has as many as it may.
    """
    require(by, task, Role.LEAD)
    require(by, task, Role.REVIEWER)
    with transaction.atomic():
        Task.objects.select_for_update().get(pk=task.pk)
        live = ApiToken.objects.filter(user__is_service=True, user__memberships__task=task, expiry__gt=timezone.now())
        if live.count() >= AT_MOST:
            raise Refusal(
                "too_many_tokens",
                f"{task.name} has {AT_MOST} service tokens.",
                hint="Revoke one that no program uses.",
                status=409,
            )
        program = Member.objects.create(
            username=f"program-{secrets.token_hex(5)}",
            display_name=f"{name.strip()[:NAME_CHARS]} (program)",
            password=make_password(None),
            is_service=True,
        )
        role = Role.VIEWER if LED.isdisjoint(scopes) else Role.LEAD
        Membership.objects.create(member=program, task=task, role=role)
        return issue.make_service_token(program, name=name, scopes=scopes, days=days, by=by, task=task.slug)


def revoke(token: ApiToken, task: Task, *, by: Member) -> None:
    """Take a token back; the next request with it is refused. What its program did keeps its name.

    Raises:
        PermissionDenied: `by` does not lead the task, or is a program.
    """
    require(by, task, Role.LEAD)
    require(by, task, Role.REVIEWER)
    with transaction.atomic():
        program = token.user
        issue.revoke(token, by=by, task=task.slug)
        Membership.objects.filter(member=program).delete()
        Member.objects.filter(pk=program.pk).update(is_active=False)
