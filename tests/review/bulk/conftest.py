"""A desk of forty drafts, a lead, two reviewers."""

from __future__ import annotations

import pytest

from members.models import Member
from review.models import Task
from tests.review import factories


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_desk(by=admin, count=40)


@pytest.fixture
def expert(task: Task, reviewer: Member) -> Member:
    factories.join(reviewer, task)
    return reviewer


@pytest.fixture
def other(task: Task, make_member) -> Member:
    member = make_member("olga")
    factories.join(member, task)
    return member
