"""What the head of the desk says: how many are left, how long one takes, when it is done."""

from __future__ import annotations

from uuid import uuid4

import pytest

from members.models import Member
from review.desk import pace
from review.models import Decision, Draft, Task
from review.states import Verdict

pytestmark = pytest.mark.django_db


def said(task: Task, member: Member, *seconds: float) -> None:
    draft = Draft.objects.filter(task=task)[0]
    for each in seconds:
        Decision.objects.create(
            id=uuid4(), draft=draft, task=task, reviewer=member, verdict=Verdict.ACCEPT, before_hash="", body_hash="",
            seconds=each,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "median"),
    [((), None), ((7,), 7), ((4, 10), 7), ((5, 200, 6), 6), ((1, 2, 3, 100), 2.5), ((0, 0, 9), 9), ((8, 8, 4000), 8)],
)
def test_seconds_a_card_are_the_median_of_those_that_say_something(
    task: Task, expert: Member, seconds: tuple[float, ...], median: float | None
) -> None:
    said(task, expert, *seconds)

    assert pace.pace_of(expert, task).seconds_per_card == median


def test_only_the_latest_twenty_count_and_nobody_elses(task: Task, expert: Member, other: Member) -> None:
    said(task, expert, *[100] * 30, *[10] * 20)
    said(task, other, *[1] * 20)

    assert pace.pace_of(expert, task).seconds_per_card == 10
