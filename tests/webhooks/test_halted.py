"""Webhooks while everything that leaves is stopped: queued, and delivered once after."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone

from jobs.scheduling import halt
from review.models import Task
from tests.jobs.services.test_claiming import race
from tests.webhooks.conftest import due_now, happen
from tests.webhooks.receiver import Receiver
from webhooks.deliveries import deliver
from webhooks.models import Delivery, Hook

pytestmark = pytest.mark.django_db(transaction=True)
MakeHook = Callable[..., tuple[Hook, str]]


def test_what_happens_meanwhile_is_delivered_once_after(make_hook: MakeHook, receiver: Receiver, task: Task) -> None:
    make_hook()
    halt.halt(by=None)
    happen(task)

    assert deliver.deliver_due() == 0
    assert (receiver.calls, Delivery.objects.get().state, Delivery.objects.get().attempts) == ([], "pending", 0)
    halt.resume(by=None)
    assert [deliver.deliver_due(), deliver.deliver_due()] == [1, 0]
    assert len(receiver.calls) == 1


@pytest.mark.slow
def test_nothing_is_sent_that_was_not_taken_before_the_halt(
    make_hook: MakeHook, receiver: Receiver, task: Task
) -> None:
    make_hook()
    for number in range(8):
        happen(task, str(number))
    taken: list[Any] = []

    def act(number: int) -> None:
        if number:
            deliver.deliver_due()
            return
        halt.halt(by=None)
        taken.append(Delivery.objects.aggregate(sum=Sum("attempts"))["sum"])

    race(3, act)

    assert len(receiver.calls) == taken[0]


def test_what_waited_for_days_has_its_whole_day_of_tries_after(
    make_hook: MakeHook, receiver: Receiver, task: Task
) -> None:
    make_hook()
    happen(task)
    Delivery.objects.update(created_at=timezone.now() - timedelta(days=3))
    halt.halt(by=None)
    halt.resume(by=None)
    receiver.statuses = [500, 200]

    deliver.deliver_due()
    due_now()
    deliver.deliver_due()

    assert Delivery.objects.get().state == "delivered"
