"""Reply rate by month below a task's campaigns, and the sentence of the change-point test."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Event, Message
from campaigns.overview import reply_months
from campaigns.overview.reply_months import FirstMail
from campaigns.states import EventKind, MessageState
from members.models import Member
from review.models import Task
from review.states import Role
from tests.campaigns import factories
from tests.campaigns.experiment_rows import event
from tests.review import factories as desk


def mails_of(month: int, count: int, *, every: int, companies: int = 10_000) -> list[FirstMail]:
    """First mails of a month of 2026, one of so many replied to, spread over so many companies."""
    at = datetime(2026, month, 10, 9, 0, tzinfo=UTC)
    return [FirstMail(f"co{month}-{n % companies}.example", at, n % every == 0) for n in range(count)]


def test_the_month_of_a_change_is_named_and_none_where_there_is_none() -> None:
    rates = {1: 4, 2: 4, 3: 20, 4: 20}
    changed = [mail for month, every in rates.items() for mail in mails_of(month, 120, every=every)]
    steady = [mail for month in rates for mail in mails_of(month, 120, every=8)]

    rate = reply_months.by_month(changed)

    assert rate.sentence.startswith("The reply rate changed in 2026-03, from 25.0 % to 5.0 % (change-point test, p 0.0")
    assert [(month.name, month.mails, month.replied) for month in rate.months] == [
        ("2026-01", 120, 30),
        ("2026-02", 120, 30),
        ("2026-03", 120, 6),
        ("2026-04", 120, 6),
    ]
    assert all(month.low < month.share < month.high for month in rate.months)
    assert reply_months.by_month(steady).sentence.startswith("No change of the reply rate is shown")


def test_companies_count_and_not_contacts() -> None:
    """All contacts of one company replied: that is one company, and no change."""
    many = mails_of(1, 40, every=41, companies=10) + mails_of(2, 40, every=1, companies=1)

    assert reply_months.by_month(many).sentence.startswith("No change")


def test_one_month_or_no_reply_leaves_nothing_to_compare() -> None:
    for mails in ([], mails_of(1, 30, every=3), [mail._replace(is_replied=False) for mail in mails_of(2, 30, every=3)]):
        assert reply_months.by_month(mails).sentence == "A change needs mails in two months, with and without replies."


@pytest.fixture
def mails(task: Task) -> list[Message]:
    """Ten first mails sent three weeks ago; three were replied to a day later, one after 15 days, one by a machine."""
    campaign, sent_at = factories.make_plain_campaign(task), timezone.now() - timedelta(days=21)
    people = [factories.make_contact(task, f"ada@co{n}.example") for n in range(10)]
    mails = [factories.make_mail(campaign, each, state=MessageState.SENT, sent_at=sent_at) for each in people]
    days = [1, 1, 1, 15]
    replies = [event(mails[n], EventKind.REPLIED, at=sent_at + timedelta(days=days[n])) for n in range(4)]
    machine = event(mails[5], EventKind.REPLIED, at=sent_at + timedelta(days=1), is_machine=True)
    Event.objects.bulk_create([*replies, machine])
    return mails


@pytest.mark.django_db
def test_replies_of_people_within_two_weeks_count(
    task: Task, mails: list[Message], django_assert_num_queries: Any
) -> None:
    Message.objects.filter(pk=mails[9].pk).update(sent_at=timezone.now() - timedelta(days=13))

    with django_assert_num_queries(3):
        rate = reply_months.reply_rate(task)

    assert (sum(month.mails for month in rate.months), sum(month.replied for month in rate.months)) == (9, 3)
    assert not rate.is_simulated


@pytest.mark.django_db
def test_simulated_inboxes_count_only_where_no_real_mail_was_sent(task: Task, mails: list[Message]) -> None:
    simulated = factories.make_plain_campaign(task, slug="simulated", is_simulated=True)
    contact = factories.make_contact(task, "bo@made-up.example")
    factories.make_mail(simulated, contact, state=MessageState.SENT, sent_at=timezone.now() - timedelta(days=30))

    with_real = reply_months.reply_rate(task)
    Message.objects.filter(pk__in=[mail.pk for mail in mails]).update(state=MessageState.FAILED)
    without = reply_months.reply_rate(task)

    assert (with_real.is_simulated, sum(month.mails for month in with_real.months)) == (False, 10)
    assert (without.is_simulated, sum(month.mails for month in without.months)) == (True, 1)


@pytest.mark.django_db
def test_a_viewer_reads_the_months_and_the_sentence_below_the_campaigns(
    task: Task, mails: list[Message], make_member: Callable[..., Member], as_member: Callable[[Member], Client]
) -> None:
    viewer = make_member("val")
    desk.join(viewer, task, Role.VIEWER)

    page = as_member(viewer).get(reverse("campaigns:list", args=[task.slug])).content.decode()

    assert "Reply rate by month" in page
    assert "A change needs mails in two months" in page
    assert f"{mails[0].sent_at:%Y-%m}" in page
    assert "Simulated." not in page
