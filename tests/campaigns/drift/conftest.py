from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from members.models import Member
from review.models import Task
from review.states import Role
from tests.campaigns.drift.drift_rows import NOW
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
