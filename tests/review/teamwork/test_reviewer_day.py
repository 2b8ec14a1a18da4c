"""A reviewer's day by the hour: pace, edits and agreement, on their own page alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from members.models import Member
from review.adjudication.reviewers.profile import latest_day
from review.models import Decision, Draft, Task
from review.states import DraftState, Verdict

pytestmark = pytest.mark.django_db
VIENNA = ZoneInfo("Europe/Vienna")


def said(draft: Draft, member: Member, hour: int, verdict: str = Verdict.ACCEPT, **more: Any) -> None:
    values = {"before_hash": "", "body_hash": "", "created_at": datetime(2026, 3, 5, hour, 30, tzinfo=UTC), **more}
    Decision.objects.create(id=uuid4(), draft=draft, task=draft.task, reviewer=member, verdict=verdict, **values)


def test_a_day_is_told_by_the_hours_of_the_members_clock(task: Task, expert: Member, other: Member) -> None:
    drafts = list(Draft.objects.filter(task=task)[:4])
    Draft.objects.filter(pk__in=[draft.pk for draft in drafts[:3]]).update(state=DraftState.DECIDED)
    said(drafts[3], expert, 8, seconds=5, created_at=datetime(2026, 3, 4, 8, tzinfo=UTC))
    said(drafts[0], expert, 8, seconds=10)
    said(drafts[1], expert, 8, Verdict.EDIT, seconds=30)
    said(drafts[2], expert, 9, seconds=4000)
    said(drafts[0], other, 10)
    said(drafts[1], other, 10)
    # Of a draft that still waits nobody learns here how others judged it.
    said(drafts[3], other, 10, Verdict.REJECT)

    day = latest_day(expert, task, VIENNA)

    assert day is not None
    assert (str(day.day), day.verdicts) == ("2026-03-05", 3)
    first, second = day.hours
    assert (first.hour, first.verdicts, first.seconds, first.edited, first.same) == (9, 2, 20, 0.5, 0.5)
    assert (second.hour, second.seconds, second.edited, second.same) == (10, None, 0, None)


def test_the_charts_of_a_day_are_on_ones_own_page_alone(task: Task, admin: Member, expert: Member, as_member) -> None:
    said(Draft.objects.filter(task=task)[0], expert, 8, seconds=10)

    own = as_member(expert).get(reverse("review:reviewer", args=[task.slug, "me"])).content.decode()
    seen_by_lead = as_member(admin).get(reverse("review:reviewer", args=[task.slug, expert.username])).content.decode()

    assert "My day" in own and 'id="day-pace"' in own
    assert "My day" not in seen_by_lead and "day-pace" not in seen_by_lead
    assert latest_day(admin, task, VIENNA) is None
