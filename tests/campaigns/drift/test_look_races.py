"""Two leads look in the same moment: one look is kept, and the other is refused in words."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from django.db import connections

from campaigns.drift import register
from campaigns.drift.register import DriftRequest
from campaigns.models import DriftLook
from members.models import Member
from review.models import Task
from tests.campaigns.drift.drift_rows import went
from web.errors import Refusal

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_looks_at_once_are_one(task: Task, lead: Member) -> None:
    for month in (5, 6):
        went(task, month, mails=20, replies=2)
    study = register.register(task, DriftRequest(first_day=date(2026, 5, 1), mails=20, share=0.1), by=lead)
    barrier, answers = threading.Barrier(2), []

    def look() -> None:
        barrier.wait(30)
        try:
            answers.append(register.record_look(study, by=lead).covered)
        except Refusal as refusal:
            answers.append(refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(map(str, answers)) == ["4", "nothing_new"]
    assert DriftLook.objects.count() == 1
