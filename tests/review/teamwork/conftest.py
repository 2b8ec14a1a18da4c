"""A task with a lead and three reviewers, and settings of its desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from members.models import Member
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
def expert(task: Task, reviewer: Member) -> Member:
    factories.join(reviewer, task)
    return reviewer


@pytest.fixture
def other(task: Task, make_member: Callable[..., Member]) -> Member:
    member = make_member("olga")
    factories.join(member, task)
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
