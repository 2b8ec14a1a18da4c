"""A reply that may ask to leave holds every mail to its writer until a person has decided, and suppresses nothing."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from django.db import transaction
from django.utils import timezone

from campaigns.models import Campaign, Contact, Enrolment, Event, Message, Reply, Suppression
from campaigns.replies import receive, record_reply
from campaigns.sending import obstacles
from campaigns.states import EventKind, HoldReason, MessageState, ReplyClass, StopReason
from campaigns.suppression.queries import is_suppressed
from members.models import Member
from review.models import Task
from tests.campaigns import factories

pytestmark = pytest.mark.django_db
DOUBTFUL = "How often do I have to tell you?"
RELAYED = {"Precedence": "list", "X-Auto-Response-Suppress": "All"}


@pytest.fixture
def sent(campaign: Campaign) -> Message:
    mail = factories.make_due_mails(campaign, 1)[0]
    gone = {"state": MessageState.SENT, "sent_at": timezone.now(), "message_id": "1@sender.example"}
    Message.objects.filter(pk=mail.pk).update(**gone)
    return mail


@pytest.fixture
def elsewhere(sent: Message, task: Task) -> Message:
    """A mail of another campaign that is due to the same person, as a step that no cap holds."""
    other = factories.make_sending_campaign(task, slug="second")
    step = other.steps.create(number=2, writer="template", subject="Again", body="Again?", wait_s=1)
    person = sent.contact
    enrolment = Enrolment.objects.create(campaign=other, contact=person, cluster=person.cluster)
    own = {"contact": person, "enrolment": enrolment, "step": step}
    return Message.objects.create(campaign=other, state=MessageState.APPROVED, due_at=timezone.now(), **own)


def answer(text: str, **headers: str) -> Reply:
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Message-ID"] = "reader0@acme.example", "Re: A question", f"<{len(text)}@acme>"
    mail["In-Reply-To"] = "<1@sender.example>"
    for name, value in headers.items():
        mail[name] = value
    mail.set_content(text)
    receive.take_mail(mail.as_bytes())
    return Reply.objects.latest("created_at")


def hold(mail: Message) -> obstacles.Obstacle | None:
    with transaction.atomic():
        return obstacles.before_claim(Message.objects.get(pk=mail.pk), mail.campaign, now=timezone.now())


def put_off(mail: Message) -> None:
    """Hold a mail as a sender that meets the obstacle does."""
    found = hold(mail)
    assert found is not None
    Message.objects.filter(pk=mail.pk).update(state=found.state, **found.values)


def test_no_mail_goes_to_who_may_ask_to_leave_and_nothing_is_suppressed(elsewhere: Message) -> None:
    reply = answer(DOUBTFUL)

    found = hold(elsewhere)

    assert (reply.meaning, reply.may_be_optout, reply.is_unsure) == (ReplyClass.OTHER, True, True)
    assert found is not None
    assert (found.state, found.values["held_because"]) == (MessageState.APPROVED, HoldReason.OPTOUT)
    assert obstacles.before_wire(elsewhere) is not None
    assert not is_suppressed(elsewhere.contact.address_hmac)
    assert not Suppression.objects.exists()


def test_who_says_that_it_is_no_wish_lets_the_mail_go_at_once(elsewhere: Message, admin: Member) -> None:
    reply = answer(DOUBTFUL)
    put_off(elsewhere)

    record_reply.correct_meaning(reply, ReplyClass.QUESTION, by=admin)

    elsewhere.refresh_from_db()
    assert (elsewhere.state, elsewhere.held_because) == (MessageState.APPROVED, "")
    assert elsewhere.due_at <= timezone.now()
    assert obstacles.before_wire(elsewhere) is None


def test_who_confirms_the_wish_has_it_heeded_for_good(elsewhere: Message, admin: Member) -> None:
    reply = answer(DOUBTFUL)
    put_off(elsewhere)

    record_reply.correct_meaning(reply, ReplyClass.UNSUBSCRIBE, by=admin)

    elsewhere.refresh_from_db()
    assert (elsewhere.state, elsewhere.stop_reason) == (MessageState.STOPPED, StopReason.UNSUBSCRIBED)
    assert Suppression.objects.get().address_hmac == elsewhere.contact.address_hmac


def test_a_second_doubtful_reply_holds_on(elsewhere: Message, admin: Member) -> None:
    first = answer(DOUBTFUL)
    answer(f"{DOUBTFUL} Again?")

    record_reply.correct_meaning(first, ReplyClass.OTHER, by=admin)

    found = hold(elsewhere)
    assert found is not None
    assert found.values["held_because"] == HoldReason.OPTOUT


def test_a_models_word_on_a_doubtful_reply_leaves_it_to_a_person_unless_it_reads_the_wish_too(
    elsewhere: Message,
) -> None:
    reply = answer(DOUBTFUL)

    record_reply.label_by_model(reply.pk, ReplyClass.INTERESTED, by_model="a model")
    reply.refresh_from_db()
    assert (reply.meaning, reply.may_be_optout, reply.is_unsure) == (ReplyClass.INTERESTED, True, True)

    Reply.objects.update(meant_by="rules")
    record_reply.label_by_model(reply.pk, ReplyClass.UNSUBSCRIBE, by_model="a model")
    reply.refresh_from_db()
    assert (reply.meaning, reply.may_be_optout, reply.is_unsure) == (ReplyClass.UNSUBSCRIBE, False, False)
    assert is_suppressed(elsewhere.contact.address_hmac)


def test_a_wish_behind_fields_that_relays_put_on_mails_is_heeded(elsewhere: Message) -> None:
    reply = answer("Please take me off your list.", **RELAYED)

    elsewhere.refresh_from_db()
    assert reply.meaning == ReplyClass.UNSUBSCRIBE
    assert (elsewhere.state, elsewhere.stop_reason) == (MessageState.STOPPED, StopReason.OBJECTED)


def test_a_persons_mail_with_such_fields_is_a_reply_that_ends_the_sequence(sent: Message) -> None:
    reply = answer("Tuesday at ten works for me.", **RELAYED)

    assert reply.event.kind == EventKind.REPLIED
    assert not reply.event.is_machine


def test_a_programs_mail_stands_in_the_inbox_and_a_person_can_correct_it(sent: Message, admin: Member) -> None:
    reply = answer("Back soon.", **{"Auto-Submitted": "auto-replied"})

    record_reply.correct_meaning(reply, ReplyClass.QUESTION, by=admin)

    assert (reply.event.kind, reply.event.is_machine) == (EventKind.AUTO_REPLIED, True)
    assert Event.objects.filter(kind=EventKind.AUTO_REPLIED).count() == 1
    assert Reply.objects.get().meaning == ReplyClass.QUESTION


def test_a_doubtful_wish_in_a_programs_mail_holds_too(elsewhere: Message) -> None:
    reply = answer("This is my private address.", **{"Auto-Submitted": "auto-replied"})

    found = hold(elsewhere)

    assert (reply.meaning, reply.may_be_optout) == (ReplyClass.MACHINE, True)
    assert found is not None
    assert Contact.objects.count() == 1
