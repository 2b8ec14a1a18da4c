"""A task, and who judges its drafts; a folder has its own where it needs more of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from members.models import Member
from review.models import Task
from tests.review import factories


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_task(by=admin)


@pytest.fixture
def expert(task: Task, reviewer: Member) -> Member:
    factories.join(reviewer, task)
    return reviewer


@pytest.fixture
def other(task: Task, make_member: Callable[..., Member]) -> Member:
    member = make_member("olga")
    factories.join(member, task)
    return member
