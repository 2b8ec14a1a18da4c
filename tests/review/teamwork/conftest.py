"""A task with a lead and three reviewers, and settings of its desk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from members.models import Member
from review.adjudication.share_outs import share
from review.adjudication.share_outs.share import ShareRequest
from review.models import DeskSettings, Task
from review.states import Role
from tests.review import factories


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_desk(by=admin, count=8)


@pytest.fixture
def lead(task: Task, make_member: Callable[..., Member]) -> Member:
    member = make_member("lena")
    factories.join(member, task, Role.LEAD)
    return member


@pytest.fixture
def third(task: Task, make_member: Callable[..., Member]) -> Member:
    member = make_member("theo")
    factories.join(member, task)
    return member


@pytest.fixture
def deals(task: Task) -> Callable[..., DeskSettings]:
    """Set how the desk deals."""

    def set_to(**values: Any) -> DeskSettings:
        return DeskSettings.objects.update_or_create(task=task, defaults=values)[0]

    return set_to


@pytest.fixture
def ask(task: Task, lead: Member) -> Any:
    """Ask to share out so many cards among these, for so many days."""

    def request(*members: Member, count: int = 8, days: int = 3) -> ShareRequest:
        names = [member.username for member in members]
        until = timezone.now().date() + timedelta(days=days)
        return share.read_request(task, by=lead, members=names, count=count, until=until)

    return request
