"""A task with drafts, two reviewers, and a card in the hand of one."""

from __future__ import annotations

import pytest

from members.models import Member
from review.models import Assignment, Task
from review.services import queue
from tests.review import factories


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_desk(by=admin, count=8)


@pytest.fixture
def expert(task: Task, reviewer: Member) -> Member:
    factories.join(reviewer, task)
    return reviewer


@pytest.fixture
def other(task: Task, make_member) -> Member:
    member = make_member("olga")
    factories.join(member, task)
    return member


@pytest.fixture
def card(task: Task, expert: Member) -> Assignment:
    return queue.deal(expert, task, count=1)[0]
