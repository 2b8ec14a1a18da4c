"""The one mail a day about what waits: to whom, when, once, and with what in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from members.accounts import manage
from members.models import Member
from review.adjudication.share_outs import daily_mail, share
from review.celery_tasks import end_share_outs, send_daily_mails
from review.desk import assignments, deck
from review.models import DailyMail, Draft, ShareOut, Task
from review.states import DraftState
from tests.review.desk.verbs import judge

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _mails_go(settings: Any) -> None:
    settings.NOTICES_BY_MAIL = True
    settings.NOTICES_FROM = "miniatures@example.org"
    settings.SITE_URL = "https://mini.example"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture(autouse=True)
def _addresses(lead: Member, expert: Member, other: Member) -> None:
    for member in (lead, expert, other):
        Member.objects.filter(pk=member.pk).update(email=f"{member.username}@example.org")


@pytest.fixture
def shared(task: Task, lead: Member, expert: Member) -> ShareOut:
    until = timezone.now().date() + timedelta(days=3)
    asked = share.read_request(task, by=lead, members=[expert.username], count=3, until=until)
    return share.share_out(task, asked, by=lead, id=uuid4())


def test_who_has_cards_of_their_own_gets_one_mail_a_day(task: Task, shared: ShareOut, expert: Member) -> None:
    sent = [daily_mail.send_due(MORNING + timedelta(hours=hours)) for hours in (0, 1, 24)]

    assert sent == [1, 0, 1]
    assert {tuple(each.to) for each in mail.outbox} == {(f"{expert.username}@example.org",)}
    assert mail.outbox[0].from_email == "miniatures@example.org"
    body = mail.outbox[0].body
    assert f"{task.name}: 3 cards wait for you alone, the first of them until the end of {shared.until:%A}" in body
    assert f"https://mini.example/tasks/{task.slug}/review/" in body
    assert "https://mini.example/settings/" in body


def test_a_lead_is_told_what_is_disputed(task: Task, lead: Member, expert: Member) -> None:
    Draft.objects.filter(pk=Draft.objects.filter(task=task).values("pk")[:1]).update(state=DraftState.DISPUTED)

    assert daily_mail.send_due(MORNING) == 1

    (sent,) = mail.outbox
    assert sent.to == ["lena@example.org"]
    assert f"{task.name}: 1 draft is disputed.\nhttps://mini.example/tasks/{task.slug}/review/disputed/" in sent.body


def test_a_lead_is_told_of_late_decisions(task: Task, lead: Member, expert: Member, other: Member) -> None:
    (card,) = deck.deal(expert, task, count=1)
    card.draft.assignments.update(leased_until=timezone.now() - timedelta(seconds=1))
    (same,) = (each for each in deck.deal(other, task, count=8) if each.draft_id == card.draft_id)
    judge(same, by=other)
    judge(card, by=expert, verdict="reject")

    assert "1 late decision to rule on." in daily_mail.text_for(lead)
    assert daily_mail.text_for(expert) == ""


def test_nobody_is_mailed_for_whom_nothing_waits(task: Task, lead: Member) -> None:
    assert daily_mail.send_due(MORNING) == 0
    assert not DailyMail.objects.exists()


def test_who_turned_it_off_has_no_address_or_is_shut_out_is_not_mailed(
    task: Task, lead: Member, admin: Member, shared: ShareOut, expert: Member, other: Member
) -> None:
    manage.save_preferences(expert, preferences={"daily_mails": "off"})
    Member.objects.filter(pk=other.pk).update(email="")
    Draft.objects.filter(for_reviewer__isnull=True).update(for_reviewer=other)

    assert daily_mail.send_due(MORNING) == 0


@pytest.mark.parametrize(("by_mail", "hour"), [(True, 5), (False, 7)])
def test_nothing_leaves_at_night_or_where_no_notices_are_sent(
    shared: ShareOut, settings: Any, by_mail: bool, hour: int
) -> None:
    settings.NOTICES_BY_MAIL = by_mail

    assert daily_mail.send_due(MORNING.replace(hour=hour)) == 0
    assert not DailyMail.objects.exists()


def test_what_begins_to_wait_later_is_told_on_the_same_day_to_who_had_no_mail(
    task: Task, lead: Member, shared: ShareOut, other: Member
) -> None:
    daily_mail.send_due(MORNING)
    assignments.assign(task, to=other, by=lead, count=1)

    assert daily_mail.send_due(MORNING + timedelta(hours=3)) == 1
    assert "1 card waits for you alone.\n" in mail.outbox[-1].body


def test_a_mail_server_that_is_away_is_tried_again(shared: ShareOut, settings: Any) -> None:
    settings.EMAIL_BACKEND = "no.such.Backend"
    away = daily_mail.send_due(MORNING)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    assert away == 0
    assert daily_mail.send_due(MORNING + timedelta(seconds=30)) == 0
    assert daily_mail.send_due(MORNING + timedelta(seconds=61)) == 1


def test_what_could_not_be_sent_on_its_day_is_forgotten(shared: ShareOut, expert: Member) -> None:
    yesterday = DailyMail.objects.create(member=expert, day=MORNING.date() - timedelta(days=1), due_at=MORNING)
    DailyMail.objects.create(member=expert, day=MORNING.date() - timedelta(days=15), due_at=MORNING)

    assert daily_mail.send_due(MORNING) == 1
    assert DailyMail.objects.get(pk=yesterday.pk).sent_at is None
    assert DailyMail.objects.count() == 2


def test_what_is_judged_before_the_mail_leaves_is_not_told(
    task: Task, shared: ShareOut, expert: Member, lead: Member
) -> None:
    DailyMail.objects.create(member=expert, day=MORNING.date(), due_at=MORNING)
    share.undo(shared.pk, by=lead)

    assert daily_mail.send_due(MORNING) == 0
    assert DailyMail.objects.get().sent_at == MORNING


def test_the_choice_is_made_on_the_profile(as_member: Callable[[Member], Client], expert: Member) -> None:
    client = as_member(expert)
    chosen = {"display_name": "", "theme": "dark", "density": "regular", "shortcuts": "on", "daily_mails": "off"}

    client.post("/settings/", chosen)
    page = client.get("/settings/").content.decode()

    expert.refresh_from_db()
    assert expert.preferences["daily_mails"] == "off" and 'value="off" selected' in page


def test_the_clock_ends_share_outs_and_sends_mails(shared: ShareOut) -> None:
    ShareOut.objects.filter(pk=shared.pk).update(until=timezone.now().date() - timedelta(days=1))

    end_share_outs()
    send_daily_mails()

    shared.refresh_from_db()
    assert shared.ended_at is not None and mail.outbox == []
