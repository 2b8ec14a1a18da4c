from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.utils import timezone

from campaigns.drift import register
from campaigns.drift.register import DriftRequest
from campaigns.models import DriftStudy
from members.models import Member
from review.models import Task
from review.states import Role
from tests.campaigns.drift.drift_rows import NOW, went
from tests.review import factories as desk


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 20 September 2026."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def lead(make_member: Callable[..., Member]) -> Member:
    return make_member("lea")


@pytest.fixture
def task(admin: Member, lead: Member) -> Task:
    made = desk.make_task(by=admin)
    desk.join(lead, made, Role.LEAD)
    return made


@pytest.fixture
def study(task: Task, lead: Member) -> DriftStudy:
    for month, replies in ((5, 30), (6, 30), (7, 3), (8, 3)):
        went(task, month, mails=150, replies=replies)
    return register.register(task, DriftRequest(first_day=date(2026, 5, 1), points=4), by=lead)
