"""One question finds each thing that keeps a mail from going, and a mail that nothing keeps costs few questions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from campaigns.models import Campaign, Contact, Event, Message, Reply, Suppression
from campaigns.sending import obstacles
from campaigns.states import EventKind, EventSource, HoldReason, MessageState, ReplyClass, StopReason, SuppressionReason
from campaigns.suppression.queries import barred
from jobs.scheduling import halt
from members.models import Member
from tests.campaigns import factories
from tests.review.factories import make_task

pytestmark = pytest.mark.django_db
S = MessageState


def found(mail: Message) -> obstacles.Obstacle | None:
    with transaction.atomic():
        mail.contact.refresh_from_db()
        return obstacles.before_claim(mail, mail.campaign, now=timezone.now())


def event(mail: Message, kind: EventKind, **values: Any) -> Event:
    ids = {"campaign": mail.campaign, "enrolment": mail.enrolment, "message": mail}
    key, at = uuid4().hex, timezone.now()
    return Event.objects.create(kind=kind, source=EventSource.MAIL, key=key, occurred_at=at, **ids, **values)


def listed(mail: Message, other: Message) -> None:
    Suppression.objects.create(address_hmac=mail.contact.address_hmac, reason=SuppressionReason.MANUAL)


def objected(mail: Message, other: Message) -> None:
    reply = event(other, EventKind.REPLIED)
    Contact.objects.filter(pk=other.contact_id).update(address_hmac=mail.contact.address_hmac)
    Reply.objects.create(event=reply, message=other, meaning=ReplyClass.UNSUBSCRIBE, meant_by="rules")


def replied(mail: Message, other: Message) -> None:
    event(mail, EventKind.REPLIED)


def mailed_lately(mail: Message, other: Message) -> None:
    Contact.objects.filter(pk=other.contact_id).update(address_hmac=mail.contact.address_hmac)
    Message.objects.filter(pk=other.pk).update(state=S.SENT, sending_at=timezone.now())


def in_conversation(mail: Message, other: Message) -> None:
    Contact.objects.filter(pk=other.contact_id).update(address_hmac=mail.contact.address_hmac)
    event(other, EventKind.REPLIED)


def erased(mail: Message, other: Message) -> None:
    Contact.objects.filter(pk=mail.contact_id).update(erased_at=timezone.now())


def halted(mail: Message, other: Message) -> None:
    halt.halt(by=None)


@pytest.fixture
def other(admin: Member) -> Message:
    """A mail of another task's campaign to somebody else."""
    campaign = factories.make_sending_campaign(make_task(slug="other", by=admin), slug="other")
    return factories.make_due_mails(campaign, 1, name="other")[0]


@pytest.mark.parametrize(
    ("meet", "state", "reason"),
    [
        (listed, S.STOPPED, StopReason.SUPPRESSED),
        (objected, S.STOPPED, StopReason.OBJECTED),
        (replied, S.STOPPED, StopReason.REPLIED),
        (erased, S.STOPPED, StopReason.ERASED),
        (mailed_lately, S.APPROVED, HoldReason.CONTACT),
        (in_conversation, S.APPROVED, HoldReason.CONVERSATION),
        (halted, S.APPROVED, None),
    ],
)
def test_each_thing_that_keeps_a_mail_is_found(
    mail: Message, other: Message, meet: Callable[[Message, Message], None], state: MessageState, reason: Any
) -> None:
    assert found(mail) is None

    meet(mail, other)
    obstacle = found(mail)

    assert obstacle is not None and obstacle.state == state
    assert (obstacle.values.get("stop_reason") or obstacle.values.get("held_because")) == reason


@pytest.mark.parametrize(("meet", "state"), [(listed, S.STOPPED), (objected, S.STOPPED), (halted, S.APPROVED)])
def test_the_last_look_before_the_wire_finds_who_is_not_written_to_and_a_halt(
    mail: Message, other: Message, meet: Callable[[Message, Message], None], state: MessageState
) -> None:
    assert obstacles.before_wire(mail) is None

    meet(mail, other)

    obstacle = obstacles.before_wire(mail)
    assert obstacle is not None and obstacle.state == state


def test_an_absence_keeps_a_later_mail_until_its_end(campaign: Campaign, mail: Message) -> None:
    mail.step.number = 2
    assert found(mail) is None

    back_at = timezone.now().replace(microsecond=0) + timedelta(days=3)
    event(mail, EventKind.AUTO_REPLIED, is_machine=True, payload={"away_until_s": int(back_at.timestamp())})

    obstacle = found(mail)
    assert obstacle is not None and obstacle.values == {"due_at": back_at, "held_because": ""}


def test_what_nothing_keeps_is_asked_of_once(mail: Message, settings: Any, django_assert_num_queries: Any) -> None:
    found(mail)
    for cap, days in ((1, 0), (0, 30), (0, 0), (2, 30)):
        settings.FIRST_MAILS_PER_CONTACT, settings.CONVERSATION_DAYS = cap, days
        with django_assert_num_queries(1):
            assert obstacles.before_claim(mail, mail.campaign, now=timezone.now()) is None


def test_a_wish_to_leave_bars_its_own_reader_and_nobody_else(campaign: Campaign, other: Message) -> None:
    factories.make_due_mails(campaign, 1)
    leaving = event(other, EventKind.REPLIED)
    Reply.objects.create(event=leaving, message=other, meaning=ReplyClass.UNSUBSCRIBE, meant_by="rules")

    assert list(Contact.objects.filter(barred())) == [other.contact]
