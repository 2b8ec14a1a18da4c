"""A sender's day: its cap, and the mails that went, whatever the campaign."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import inf

import pytest

from campaigns.senders import capacity
from campaigns.states import MessageState
from members.models import Member
from tests.campaigns import factories
from tests.review.factories import make_task

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def test_while_room_is_short_first_mails_leave_it_to_follow_ups() -> None:
    day = capacity.SenderDay(limit=10, went=7, follow_ups=3)

    assert (day.left(for_a_first_mail=True), day.left(for_a_first_mail=False)) == (0, 3)
    assert capacity.SenderDay(10, 11).left(for_a_first_mail=False) == 0
    assert capacity.SenderDay(None, 10_000, 5).left(for_a_first_mail=True) == inf


@pytest.mark.django_db
def test_mails_of_today_count_by_sender_and_later_mails_due_today_too(admin: Member) -> None:
    nora, olaf = factories.make_sender(daily_limit=100), factories.make_sender(slug="olaf")
    task = make_task(by=admin)
    campaign = factories.make_sending_campaign(task, sender=nora)
    step = campaign.steps.create(number=2, writer="template", subject="Again", body="Hello again.")
    rows = [
        (nora, 0, MessageState.SENT),
        (nora, 0, MessageState.UNKNOWN),
        (nora, 13, MessageState.SENT),
        (olaf, 1, MessageState.SENDING),
    ]
    for number, (sender, hours, state) in enumerate(rows):
        contact = factories.make_contact(task, f"ada@acme{number}.example")
        went = NOON - timedelta(hours=hours)
        first = factories.make_mail(campaign, contact, state=state, sender=sender, sending_at=went)
        # Olaf keeps the last contact; the others' enrolments name none, as in a campaign of one sender.
        first.enrolment.sender = olaf if sender == olaf else None
        first.enrolment.save()
        due_at = NOON + timedelta(hours=1 if number else 20)
        campaign.messages.create(
            contact=contact, enrolment=first.enrolment, step=step, state=MessageState.APPROVED, due_at=due_at
        )

    days = capacity.days_of([nora, olaf], NOON, with_follow_ups=True)

    assert days == {nora.pk: capacity.SenderDay(100, 2, 2), olaf.pk: capacity.SenderDay(None, 1, 1)}
    assert capacity.day_of(nora, NOON) == capacity.SenderDay(100, 2)
