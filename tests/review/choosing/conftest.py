"""A task whose records have three drafts each, and two reviewers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from members.models import Member
from review.models import Draft, Record, Task
from tests.review import factories

TEACHERS = ("openai:gpt-canary", "anthropic:claude-canary", "offline:offline-canary")


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_task(by=admin)


@pytest.fixture
def records(task: Task) -> list[Record]:
    made = factories.make_records(factories.make_source(task), 3)
    for teacher in TEACHERS:
        texts = [factories.mail(record, extra=f" Variant {TEACHERS.index(teacher)}.") for record in made]
        factories.make_drafts(task, made, fields=texts, teacher=teacher, model=teacher, provenance=f"by {teacher}")
    return made


@pytest.fixture
def record(records: list[Record]) -> Record:
    return records[0]


@pytest.fixture
def drafts(record: Record) -> list[Draft]:
    return list(Draft.objects.filter(record=record).order_by("queue_position"))


@pytest.fixture
def expert(task: Task, reviewer: Member) -> Member:
    factories.join(reviewer, task)
    return reviewer


@pytest.fixture
def other(task: Task, make_member: Callable[..., Member]) -> Member:
    member = make_member("olga")
    factories.join(member, task)
    return member
