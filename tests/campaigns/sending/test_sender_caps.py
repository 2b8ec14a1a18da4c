"""Daily cap of a sender, held across campaigns and races."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from campaigns.models import Campaign, FurtherSender, Message, SenderIdentity
from campaigns.overview import waiting
from campaigns.senders import capacity
from campaigns.sending import outbox
from campaigns.sending.attempt import SendingAttempt
from demo.mail_sink.mail_folder import MailFolder
from jobs.models import Job
from members.models import Member
from tests.at_once import at_once
from tests.campaigns import factories
from tests.campaigns.sending.claims import due_to, turn_of
from tests.review.factories import make_task

db = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)
Send = Callable[[Campaign], Job]


@pytest.fixture
def second(admin: Member, campaign: Campaign) -> Campaign:
    """A campaign of another task with the same sender."""
    return factories.make_sending_campaign(make_task(by=admin, slug="other"), slug="second", sender=campaign.sender)


def limit(campaign: Campaign, **values: object) -> SenderIdentity:
    SenderIdentity.objects.filter(pk=campaign.sender_id).update(**values)
    return SenderIdentity.objects.get(pk=campaign.sender_id)


def states(campaign: Campaign) -> list[str]:
    return sorted(Message.objects.filter(campaign=campaign).values_list("state", flat=True))


@committed
def test_a_limit_holds_over_all_campaigns_and_says_until_when(
    campaign: Campaign, second: Campaign, mailbox: MailFolder, send: Send
) -> None:
    limit(campaign, daily_limit=3)
    factories.make_due_mails(campaign, 2)
    factories.make_due_mails(second, 3, name="other")

    send(campaign)
    send(second)

    assert states(campaign) == ["sent", "sent"]
    assert states(second) == ["approved", "approved", "sent"]
    assert len(list(mailbox.newest())) == 3
    held = Message.objects.filter(campaign=second, state="approved")
    tomorrow = capacity.day_bounds(timezone.now())[1]
    assert {(mail.held_because, mail.due_at) for mail in held} == {("sender", tomorrow)}
    reason = waiting.wait_reason(second)
    assert reason is not None
    assert (reason.reason, reason.until) == ("sender_limit", tomorrow)
    assert "sent its mails of the day" in reason.message


@db
def test_a_follow_up_goes_before_first_mails_while_room_is_short(campaign: Campaign) -> None:
    sender = limit(campaign, daily_limit=2)
    first = due_to(campaign, "ada@acme.example")
    gone = due_to(campaign, "bob@bolt.example")
    Message.objects.filter(pk=gone.pk).update(state="sent", sender=sender, sending_at=timezone.now())
    step = campaign.steps.create(number=2, writer="template", subject="Again", body="Hello again.")
    Message.objects.create(
        campaign=campaign, contact=gone.contact, enrolment=gone.enrolment, step=step, state="approved",
        due_at=timezone.now(),
    )  # fmt: skip
    turn = turn_of(campaign)

    assert outbox.claim(first, turn, now=timezone.now()) is None
    [follow_up] = [mail for mail in outbox.due(campaign, now=timezone.now(), limit=9) if mail.step_id == step.pk]
    assert outbox.claim(follow_up, turn, now=timezone.now()) is not None


@db
@pytest.mark.parametrize("state", ["paused", "running"])
def test_follow_ups_of_a_campaign_at_rest_take_no_room_from_first_mails(
    campaign: Campaign, second: Campaign, state: str
) -> None:
    limit(campaign, daily_limit=2)
    gone = due_to(second, "bob@bolt.example")
    Message.objects.filter(pk=gone.pk).update(state="sent", sending_at=timezone.now() - timedelta(days=9))
    step = second.steps.create(number=2, writer="template", subject="Again", body="Hello again.")
    other = factories.make_mail(second, factories.make_contact(second.task, "eve@elm.example"), state="sent")
    for mail in (gone, other):
        Message.objects.create(
            campaign=second, contact=mail.contact, enrolment=mail.enrolment, step=step, state="approved",
            due_at=timezone.now() - timedelta(days=1),
        )  # fmt: skip
    Campaign.objects.filter(pk=second.pk).update(state=state)
    first = due_to(campaign, "ada@acme.example")

    claimed = outbox.claim(first, turn_of(campaign), now=timezone.now())

    assert (claimed is not None) == (state == "paused")


def claim_at_once(mails: list[tuple[Message, SendingAttempt]]) -> None:
    at_once(*(partial(outbox.claim, mail, turn, now=timezone.now()) for mail, turn in mails))


@committed
def test_two_campaigns_at_once_send_no_more_than_their_sender_may(campaign: Campaign, second: Campaign) -> None:
    limit(campaign, daily_limit=1)

    claim_at_once(
        [
            (due_to(campaign, "ada@acme.example"), turn_of(campaign)),
            (due_to(second, "bob@bolt.example"), turn_of(second)),
        ]
    )

    assert sorted(Message.objects.values_list("state", flat=True)) == ["approved", "sending"]


@committed
def test_attempts_at_once_fill_the_caps_of_two_senders_and_no_more(campaign: Campaign, second: Campaign) -> None:
    """The campaigns name the two senders in opposite orders: no attempt may wait for another in a circle."""
    nora = limit(campaign, daily_limit=2)
    olaf = factories.make_sender(slug="olaf", daily_limit=1)
    Campaign.objects.filter(pk=second.pk).update(sender=olaf)
    FurtherSender.objects.create(campaign=campaign, sender=olaf, position=1)
    FurtherSender.objects.create(campaign=second, sender=nora, position=1)

    claim_at_once(
        [
            (due_to(each, f"ada@acme{n}-{each.slug}.example"), turn_of(each))
            for each in (campaign, second)
            for n in (1, 2)
        ]
    )

    assert sorted(Message.objects.values_list("state", flat=True)) == ["approved", "sending", "sending", "sending"]
    gone = Message.objects.filter(state="sending").select_related("enrolment")
    assert sorted(mail.sender_id for mail in gone) == sorted([nora.pk, nora.pk, olaf.pk])
    assert all(mail.enrolment.sender_id == mail.sender_id for mail in gone)


@db
def test_a_limit_set_while_an_attempt_lasts_is_heeded(campaign: Campaign) -> None:
    limit(campaign, daily_limit=50)
    turn, mails = turn_of(campaign), [due_to(campaign, f"ada@acme{n}.example") for n in range(2)]
    limit(campaign, daily_limit=1)

    taken = [outbox.claim(mail, turn, now=timezone.now()) is not None for mail in mails]

    assert taken == [True, False]


@db
@pytest.mark.parametrize(("held", "reason"), [("sender", "hours"), ("value", "value")])
def test_in_quiet_hours_a_mail_waits_for_the_morning_and_no_limit_of_yesterday(
    campaign: Campaign, held: str, reason: str
) -> None:
    Campaign.objects.update(quiet_from=0, quiet_until=23)
    mail = due_to(campaign, "ada@acme.example")
    mail.contact.time_zone = "UTC"
    mail.contact.save()
    Message.objects.filter(pk=mail.pk).update(held_because=held)
    mail.refresh_from_db()
    night = timezone.now().replace(hour=1)

    assert outbox.claim(mail, turn_of(campaign), now=night) is None

    campaign.refresh_from_db()
    found = waiting.wait_reason(campaign, now=night)
    assert found is not None and found.reason == reason
    assert (
        found.until
        == Message.objects.get(pk=mail.pk).due_at
        == night.replace(hour=23, minute=0, second=0, microsecond=0)
    )
