"""Sender of a mail where a campaign has several: the contact's first sender,
else the one with most of today's cap left.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from django.utils import timezone

from campaigns.models import Campaign, Enrolment, FurtherSender, Message, SenderIdentity
from campaigns.senders import capacity
from campaigns.sending import outbox
from campaigns.sending.attempt import SendingAttempt
from campaigns.states import HoldReason, MessageState
from demo.mail_sink.mail_folder import MailFolder
from jobs.models import Job
from members.models import Member
from review.models import Task
from tests.campaigns import factories
from tests.campaigns.sending.claims import due_to, turn_of
from tests.review.factories import make_task

pytestmark = pytest.mark.django_db
Send = Callable[[Campaign], Job]


@pytest.fixture
def campaign(task: Task) -> Campaign:
    """A campaign of two senders: Nora may send 3 mails a day, Olaf 5."""
    first = factories.make_sender(slug="nora", daily_limit=3)
    made = factories.make_sending_campaign(task, sender=first)
    further(made, "olaf", daily_limit=5)
    return Campaign.objects.select_related("sender", "task").get(pk=made.pk)


def further(campaign: Campaign, name: str, **values: object) -> SenderIdentity:
    sender = factories.make_sender(
        slug=name, name=name.title(), from_name=name.title(), from_address=f"{name}@other.example",
        reply_address=f"replies@{name}.example", **values,
    )  # fmt: skip
    FurtherSender.objects.create(campaign=campaign, sender=sender, position=1)
    return sender


def sender_of(mail: Message, turn: SendingAttempt) -> str:
    """Claim a mail; the slug of its sender, or empty where it is held."""
    claimed = outbox.claim(mail, turn, now=timezone.now())
    if claimed is None:
        return ""
    assert claimed.row.sender is not None
    return claimed.row.sender.slug


def test_a_new_contact_gets_the_sender_with_most_of_todays_cap_left(campaign: Campaign) -> None:
    turn = turn_of(campaign)
    mails = [due_to(campaign, f"ada@acme{n}.example") for n in range(9)]

    chosen = [sender_of(mail, turn) for mail in mails]

    assert chosen[:4] == ["olaf", "olaf", "nora", "olaf"]
    assert (chosen.count("nora"), chosen.count("olaf"), chosen[-1]) == (3, 5, "")
    held = Message.objects.select_related("enrolment").get(pk=mails[-1].pk)
    assert (held.state, held.held_because) == (MessageState.APPROVED, HoldReason.SENDER)
    assert held.due_at == capacity.day_bounds(timezone.now())[1]
    assert held.enrolment.sender is None


def test_of_senders_without_a_cap_the_one_that_sent_least_today_writes(campaign: Campaign) -> None:
    SenderIdentity.objects.update(daily_limit=None)
    turn = turn_of(campaign)

    chosen = [sender_of(due_to(campaign, f"ada@acme{n}.example"), turn) for n in range(4)]

    assert chosen == ["nora", "olaf", "nora", "olaf"]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_contact_keeps_the_sender_of_its_first_mail(campaign: Campaign, mailbox: MailFolder, send: Send) -> None:
    SenderIdentity.objects.update(daily_limit=100)
    mails = factories.make_due_mails(campaign, 12)
    send(campaign)

    rows = Message.objects.filter(campaign=campaign).select_related("sender", "enrolment__sender")
    assert {row.state for row in rows} == {MessageState.SENT}
    assert len({row.sender for row in rows}) == 2
    assert all(row.sender == row.enrolment.sender for row in rows)
    seen = {message_from_bytes(mailbox.read(kept.name) or b"", policy=default)["From"] for kept in mailbox.newest()}
    assert seen == {"Nora Lind <nora@sender.example>", "Olaf <olaf@other.example>"}
    kept = {row.enrolment_id: row.sender for row in rows}

    step = campaign.steps.create(number=2, writer="template", subject="Again", body="Hello again, {{contact.company}}.")
    for mail in mails:
        Message.objects.create(
            campaign=campaign, contact=mail.contact, enrolment=mail.enrolment, step=step,
            state=MessageState.APPROVED, due_at=timezone.now(),
        )  # fmt: skip
    # More room for one sender draws new contacts to it, and nobody who has a sender.
    SenderIdentity.objects.filter(slug="olaf").update(daily_limit=100_000)
    send(campaign)

    later = Message.objects.filter(step=step, state=MessageState.SENT).select_related("sender")
    assert {row.enrolment_id: row.sender for row in later} == kept


def test_a_kept_sender_without_room_holds_the_mail_while_another_has_room(campaign: Campaign) -> None:
    turn, mail = turn_of(campaign), due_to(campaign, "ada@acme.example")
    nora = SenderIdentity.objects.get(slug="nora")
    Enrolment.objects.filter(pk=mail.enrolment_id).update(sender=nora)
    for n in range(3):
        contact = factories.make_contact(campaign.task, f"bo@bolt{n}.example")
        factories.make_mail(campaign, contact, state=MessageState.SENT, sender=nora, sending_at=timezone.now())

    assert sender_of(mail, turn) == ""
    assert Message.objects.get(pk=mail.pk).held_because == HoldReason.SENDER


def test_a_sender_kept_since_the_mail_was_read_writes_it(campaign: Campaign) -> None:
    """Another attempt chose the sender, and its mail was put off: no mail went, but the choice stands."""
    turn, mail = turn_of(campaign), due_to(campaign, "ada@acme.example")
    Enrolment.objects.filter(pk=mail.enrolment_id).update(sender=SenderIdentity.objects.get(slug="nora"))
    assert mail.enrolment.sender_id is None

    assert sender_of(mail, turn) == "nora"


def test_the_first_sender_to_an_address_writes_in_another_campaign_too(campaign: Campaign, admin: Member) -> None:
    other = factories.make_sending_campaign(make_task(by=admin, slug="other"), slug="second")
    third = factories.make_sending_campaign(make_task(by=admin, slug="third"), slug="third")
    long_ago = timezone.now() - timedelta(days=400)
    for earlier, slug, days in ((other, "nora", 0), (third, "olaf", 100)):
        factories.make_mail(
            earlier,
            factories.make_contact(earlier.task, "ada@acme.example"),
            state=MessageState.SENT,
            sender=SenderIdentity.objects.get(slug=slug),
            sending_at=long_ago + timedelta(days=days),
            sent_at=long_ago + timedelta(days=days),
        )

    assert sender_of(due_to(campaign, "ada@acme.example"), turn_of(campaign)) == "nora"


@pytest.mark.django_db(transaction=True)
def test_a_campaign_of_one_sender_leaves_enrolments_alone(task: Task, mailbox: MailFolder, send: Send) -> None:
    alone = factories.make_sending_campaign(task)
    factories.make_due_mails(alone, 2)
    send(alone)

    assert set(Message.objects.values_list("sender__slug", "state")) == {("sender-of-first", MessageState.SENT)}
    assert Enrolment.objects.filter(sender__isnull=False).count() == 0
