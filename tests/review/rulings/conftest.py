"""A task with a lead and two reviewers."""

from __future__ import annotations

import pytest

from members.models import Member
from review.models import Task
from review.states import Role
from tests.review import factories


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_desk(by=admin, count=6)


@pytest.fixture
def lead(task: Task, make_member) -> Member:
    member = make_member("lena")
    factories.join(member, task, Role.LEAD)
    return member
