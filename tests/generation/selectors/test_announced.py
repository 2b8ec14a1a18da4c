from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from generation.models import Order, Teacher
from generation.orders import earlier_calls, launch, run_spec
from jobs.models import JobEvent
from members.models import Member
from review.models import Source, Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(task: Task, source: Source, paid: Teacher, lead: Member) -> Order:
    return launch.launch(launch.OrderRequest(task, teacher=paid, count=8, by=lead, max_cost_usd=Decimal(1)))


def stored(order: Order, *events: tuple[int, str, dict[str, Any]]) -> None:
    for fence, kind, payload in events:
        seq = 1000 + JobEvent.objects.filter(job=order.job_id).count()
        JobEvent.objects.create(job=order.job, seq=seq, fence=fence, ts=timezone.now(), kind=kind, payload=payload)


def asking(*positions: tuple[int, int]) -> dict[str, Any]:
    return {"positions": [list(run) for run in positions]}


def test_what_a_lost_attempt_announced_is_known_without_what_failed_unpaid_since(order: Order) -> None:
    stored(order, (1, "asking", asking((0, 3))), (1, "failure", {"index": 2}), (2, "asking", asking((5, 6))))

    found = earlier_calls.announced_without_end(order)

    assert [(one.attempt, one.positions) for one in found] == [(1, [(0, 1), (3, 3)]), (2, [(5, 6)])]


def test_an_attempt_that_came_to_its_end_leaves_nothing_in_doubt(order: Order) -> None:
    stored(order, (1, "asking", asking((0, 3))), (2, "asking", asking((4, 6))), (2, "asking", asking()))

    assert earlier_calls.announced_without_end(order) == []


def test_what_failed_before_it_was_announced_anew_is_in_doubt(order: Order) -> None:
    stored(order, (1, "failure", {"index": 2}), (2, "asking", asking((2, 2))))

    assert [one.positions for one in earlier_calls.announced_without_end(order)] == [[(2, 2)]]


def test_the_next_attempt_is_told(order: Order) -> None:
    assert order.job is not None
    stored(order, (1, "asking", asking((0, 1))))

    spec = run_spec.build(order.job)

    assert spec["announced"] == [{"attempt": 1, "positions": [[0, 1]]}]
