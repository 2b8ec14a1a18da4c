"""What the head of the desk says: how many are left, how long one takes, when it is done."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone

from members.models import Member
from review.desk import context, pace, pages
from review.desk.pace import Pace
from review.models import BulkAct, Decision, Draft, Task
from review.states import Verdict
from tests.review import factories
from web import zones
from web.db.compiled_query import CompiledQuery

pytestmark = pytest.mark.django_db


def said(task: Task, member: Member, *seconds: float, **more: Any) -> None:
    draft = Draft.objects.filter(task=task)[0]
    values = {"verdict": Verdict.ACCEPT, "before_hash": "", "body_hash": "", **more}
    for each in seconds:
        Decision.objects.create(id=uuid4(), draft=draft, task=task, reviewer=member, seconds=each, **values)


@pytest.mark.parametrize(
    ("seconds", "median"),
    [((), None), ((7,), 7), ((4, 10), 7), ((5, 200, 6), 6), ((1, 2, 3, 100), 2.5), ((0, 0, 9), 9), ((8, 8, 4000), 8)],
)
def test_seconds_a_card_are_the_median_of_those_that_say_something(
    task: Task, expert: Member, seconds: tuple[float, ...], median: float | None
) -> None:
    said(task, expert, *seconds)

    assert pace.pace_of(expert, task, since=timezone.now()).seconds_per_card == median


def test_only_the_latest_twenty_count_and_nobody_elses(task: Task, expert: Member, other: Member) -> None:
    said(task, expert, *[100] * 30, *[10] * 20)
    said(task, other, *[1] * 20)

    assert pace.pace_of(expert, task, since=timezone.now()).seconds_per_card == 10


def test_a_day_counts_what_was_read_one_by_one_in_the_last_two_weeks(task: Task, expert: Member, other: Member) -> None:
    def ago(days: int) -> dict[str, Any]:
        return {"created_at": timezone.now().replace(hour=12) - timedelta(days=days)}

    said(task, expert, 7, 7, **ago(3))
    said(task, expert, 7, **ago(5))
    said(task, expert, 7, **ago(16))
    said(task, expert, 7, verdict=Verdict.RETRACT, **ago(4))
    said(task, expert, 7, bulk=BulkAct.objects.create(id=uuid4(), task=task, by=expert, verdict="accept"), **ago(4))

    paces = pace.daily_paces([expert, other], task)

    assert (paces[expert.pk].decisions, paces[expert.pk].days) == (3, 2)
    assert paces[expert.pk].a_day == pytest.approx(3 / 14)
    assert (paces[other.pk].decisions, paces[other.pk].a_day) == (0, 0)


def test_today_counts_what_was_read_since_the_day_began_and_still_stands(
    task: Task, expert: Member, other: Member
) -> None:
    midnight = timezone.now() - timedelta(hours=3)
    said(task, expert, 7, 7, 7)
    said(task, expert, 7, created_at=midnight - timedelta(minutes=1))
    said(task, expert, 7, bulk=BulkAct.objects.create(id=uuid4(), task=task, by=expert, verdict="accept"))
    said(
        task,
        expert,
        7,
        verdict=Verdict.RETRACT,
        retracts=Decision.objects.filter(created_at__gt=midnight, bulk=None)[0],
    )
    said(task, other, 7)

    now = pace.pace_of(expert, task, since=midnight)

    assert (now.today, now.as_json()["today"]) == (2, 2)


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (Pace(12, False, 25.4, today=44), "44 today · 12 of your 56 left · 25 s a card · done by "),
        (Pace(37, False, None, today=0), "37 left"),
        (Pace(1000, True, 11, today=1200), "1,200 today · 1,000+ left · 11 s a card"),
    ],
)
def test_the_head_of_the_desk_says_the_day_what_is_left_and_the_pace(now: Pace, words: str) -> None:
    assert pages.pace_line(now).startswith(words)


@pytest.mark.parametrize(("cookie", "own"), [("Asia/Kathmandu", "UTC"), ("", "Asia/Kathmandu")])
def test_the_head_of_the_desk_tells_the_clock_of_the_browser_or_of_the_installation(
    task: Task,
    expert: Member,
    as_member: Callable[[Member], Client],
    settings: Any,
    cookie: str,
    own: str,
) -> None:
    said(task, expert, 60)
    desk = as_member(expert)
    settings.TIME_ZONE = own
    if cookie:
        desk.cookies["zone"] = cookie

    page = desk.get("/tasks/outreach/review/").content.decode()

    [(hour, minute)] = re.findall(r"done by (\d\d):(\d\d)", page)
    there = timezone.now().astimezone(ZoneInfo("Asia/Kathmandu"))
    # Eight cards, at a minute each.
    assert (60 * int(hour) + int(minute) - 60 * there.hour - there.minute) % 1440 in (7, 8, 9)


def test_a_day_begins_at_midnight_where_the_browser_is(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.COOKIES["zone"] = "Pacific/Auckland"

    began = zones.start_of_today(request).astimezone(ZoneInfo("Pacific/Auckland"))

    assert (began.hour, began.minute) == (0, 0)
    assert timedelta(0) <= timezone.now() - began < timedelta(hours=25)


def test_a_long_queue_is_counted_once_in_a_while_and_never_for_another_task(
    task: Task, expert: Member, admin: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "COUNT_UP_TO", 2)
    # The limit is part of the compiled statement, which would outlive this test.
    monkeypatch.setattr(context, "_SEEN", CompiledQuery(context._seen))
    other_task = factories.make_desk(by=admin, slug="another", count=2)
    factories.join(expert, other_task)
    long, short = Draft.objects.filter(task=task)[0], Draft.objects.filter(task=other_task)[0]

    def left(draft: Draft) -> tuple[int, bool]:
        now = context.load(draft.pk, by=expert, decision_id=uuid4()).pace
        return now.left, now.is_more

    assert left(long) == (2, True)
    Draft.objects.filter(task=task).exclude(pk=long.pk).update(state="decided")
    assert left(long) == (2, True)
    assert left(short) == (2, False)
    monkeypatch.setattr(pace, "_long_queues", {})
    assert left(long) == (1, False)
