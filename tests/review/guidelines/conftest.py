"""A task with judged drafts: an accepted one, an edited one and a rejected one."""

from __future__ import annotations

import pytest

from members.models import Member
from review.desk import deck
from review.models import Draft, Task
from tests.review import factories
from tests.review.desk.verbs import judge


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_desk(by=admin, count=6)


@pytest.fixture
def judged(task: Task, expert: Member) -> list[Draft]:
    """Accepted, edited, rejected for its tone."""
    accepted, edited, rejected = deck.deal(expert, task, count=3)
    judge(accepted, by=expert)
    better = {**edited.draft.fields, "body": "Hi {{contact.first_name}},\n\nA better text. Would Monday suit you?"}
    judge(edited, by=expert, verdict="edit", fields=better)
    judge(rejected, by=expert, verdict="reject", reasons=["tone"])
    return [card.draft for card in (accepted, edited, rejected)]
