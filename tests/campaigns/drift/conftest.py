from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone

from campaigns.drift import register
from campaigns.drift.register import DriftRequest
from campaigns.models import DriftStudy
from members.models import Member
from review.models import Task
from tests.campaigns.drift.drift_rows import NOW, went


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 20 September 2026."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def study(task: Task, lead: Member) -> DriftStudy:
    for month, replies in ((5, 30), (6, 30), (7, 3), (8, 3)):
        went(task, month, mails=150, replies=replies)
    return register.register(task, DriftRequest(first_day=date(2026, 5, 1), points=4), by=lead)
