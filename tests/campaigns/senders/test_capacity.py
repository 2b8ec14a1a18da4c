"""A sender's day: its limit, the ramp of a warm-up, and what of it has gone, whatever the campaign."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from campaigns.models import SenderIdentity
from campaigns.senders import capacity
from campaigns.states import MessageState
from members.models import Member
from tests.campaigns import factories
from tests.review.factories import make_task

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def sender_with(**values: object) -> SenderIdentity:
    given = {"daily_limit": 100, "warm_up_first": 20, "warm_up_percent": 30, "warm_up_since": NOON.date()}
    return SenderIdentity(name="Nora", **{**given, **values})


def test_a_ramp_grows_day_by_day_to_its_limit_and_stays_there() -> None:
    sender = sender_with()

    assert [capacity.allowance_after(sender, days) for days in range(9)] == [20, 26, 33, 42, 54, 70, 91, 100, 100]


def test_a_ramp_of_one_mail_grows_by_one_where_per_cents_of_it_are_less() -> None:
    sender = sender_with(warm_up_first=1, warm_up_percent=10, daily_limit=4)

    assert [capacity.allowance_after(sender, days) for days in (0, 1, 2, 3, 5000)] == [1, 2, 3, 4, 4]


def test_while_room_is_short_first_mails_leave_it_to_follow_ups() -> None:
    day = capacity.SenderDay(allowance=10, went=7, follow_ups=3)

    assert not day.has_room(for_a_first_mail=True)
    assert day.has_room(for_a_first_mail=False)
    assert not capacity.SenderDay(10, 10).has_room(for_a_first_mail=False)
    assert capacity.SenderDay(None, 10_000, 5).has_room(for_a_first_mail=True)


@pytest.mark.django_db
def test_only_days_on_which_it_sent_make_a_warm_up_faster(admin: Member) -> None:
    sender = factories.make_sender(daily_limit=100, warm_up_first=20, warm_up_since=(NOON - timedelta(days=20)).date())
    task = make_task(by=admin)
    campaign = factories.make_sending_campaign(task, sender=sender)
    days_ago = [0, 1, 1, 5, 25]
    for number, days in enumerate(days_ago):
        contact = factories.make_contact(task, f"ada@acme{number}.example")
        state = MessageState.UNKNOWN if number == 1 else MessageState.SENT
        factories.make_mail(campaign, contact, state=state, sender=sender, sending_at=NOON - timedelta(days=days))

    # Yesterday and five days ago; not today, and not before it began.
    assert capacity.days_sent(sender, NOON) == 2
    assert capacity.allowance(sender, NOON) == 33
    assert capacity.day_of(sender, NOON).went == 1
