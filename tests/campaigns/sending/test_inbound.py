"""What comes in is found by what only we could have made, and counted once."""

from __future__ import annotations

from email.mime.message import MIMEMessage

import pytest
from django.utils import timezone

from campaigns.models import Event, Message, Reply, Suppression
from campaigns.privacy import export_and_erase
from campaigns.replies import receive
from campaigns.replies.receive import InboundResult
from campaigns.states import EventKind, MessageState, ReplyClass, StopReason, SuppressionReason
from campaigns.suppression.queries import is_suppressed
from demo.mail_sink import simulated_mail
from tests.campaigns.sending.conftest import raw

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_reply_is_kept_without_quotations_and_ends_the_sequence(campaign, mail, went):
    campaign.steps.create(number=2, writer="template", subject="Again", body="Again?", wait_s=1)
    later = Message.objects.create(
        campaign=campaign, contact=mail.contact, enrolment=mail.enrolment, step=campaign.steps.get(number=2),
        state=MessageState.APPROVED,
    )  # fmt: skip

    taken = receive.take_mail(raw(simulated_mail.reply(went, "Sounds good, call me on Thursday.")))

    reply = Reply.objects.get()
    later.refresh_from_db()
    assert taken == InboundResult.NEW
    assert (reply.message, reply.text, reply.meaning) == (mail, "Sounds good, call me on Thursday.", "other")
    assert reply.event.payload["found_by"] == "reference"
    assert (later.state, later.stop_reason) == (MessageState.STOPPED, StopReason.REPLIED)


def test_a_reply_told_twice_is_one(went):
    answer = raw(simulated_mail.reply(went, "What does it cost?"))

    assert [receive.take_mail(answer) for _ in range(3)] == [
        InboundResult.NEW,
        InboundResult.KNOWN,
        InboundResult.KNOWN,
    ]
    assert Reply.objects.count() == 1


def test_a_reply_without_references_is_found_by_its_token(mail, went):
    answer = simulated_mail.reply(went, "Yes?")
    del answer["In-Reply-To"], answer["References"]

    receive.take_mail(raw(answer))

    assert Event.objects.get(kind=EventKind.REPLIED).payload["found_by"] == "token"


def test_a_reply_from_the_address_alone_is_a_guess(mail, went):
    answer = simulated_mail.reply(went, "Yes?")
    del answer["In-Reply-To"], answer["References"]
    answer.replace_header("To", "replies@sender.example")

    receive.take_mail(raw(answer))

    assert Event.objects.get(kind=EventKind.REPLIED).payload["found_by"] == "guess"


def test_a_strangers_mail_leaves_no_trace(went):
    answer = simulated_mail.reply(went, "Buy my pills")
    del answer["In-Reply-To"], answer["References"]
    answer.replace_header("To", "replies+" + "a" * 42 + "@sender.example")
    answer.replace_header("From", "stranger@elsewhere.example")

    assert receive.take_mail(raw(answer)) == InboundResult.UNMATCHED
    assert not Reply.objects.exists()


def test_an_automatic_answer_ends_nothing(campaign, mail, went):
    taken = receive.take_mail(raw(simulated_mail.out_of_office(went)))

    event = Event.objects.get(kind=EventKind.AUTO_REPLIED)
    assert taken == InboundResult.NEW
    assert event.is_machine
    assert (event.reply.meaning, event.reply.is_unsure) == (ReplyClass.OUT_OF_OFFICE, False)
    assert not Event.objects.filter(kind=EventKind.REPLIED).exists()


def test_a_day_in_our_own_subject_is_no_day_of_return(mail, went):
    Message.objects.filter(pk=mail.pk).update(subject="Re: A visit on 14 January?")
    absence = simulated_mail.out_of_office(went)
    absence.replace_header("Subject", "Automatic reply: A visit on 14 January?")
    absence.set_content("I am out of the office and will answer later.")

    receive.take_mail(raw(absence))

    assert Event.objects.get(kind=EventKind.AUTO_REPLIED).payload["is_told"] is False


@pytest.mark.parametrize(
    ("subject", "is_machine"),
    [
        ("Undeliverable: [EXT] Your boxes", True),
        ("Non remis : Your boxes", True),
        ("Undeliverable: 4 pallets", False),
        ("Re: Undeliverable: Your boxes", False),
    ],
)
def test_a_title_of_a_failed_delivery_before_our_own_subject_is_a_machines(mail, went, subject, is_machine):
    Message.objects.filter(pk=mail.pk).update(subject="Re: Your boxes")
    answer = simulated_mail.reply(went, "The limit of 5 MB is exceeded.")
    del answer["Subject"]
    answer["Subject"] = subject

    receive.take_mail(raw(answer))

    assert Event.objects.get(kind__in=(EventKind.REPLIED, EventKind.AUTO_REPLIED)).is_machine is is_machine


def test_a_reply_that_asks_to_be_left_alone_is_followed(mail, went):
    receive.take_mail(raw(simulated_mail.reply(went, "Please remove me from your list")))

    assert Reply.objects.get().meaning == ReplyClass.UNSUBSCRIBE
    assert is_suppressed(mail.contact.address_hmac)
    assert not Suppression.objects.exists()
    assert Event.objects.filter(kind=EventKind.UNSUBSCRIBED).count() == 1


def test_a_mail_to_the_unsubscribe_address_is_followed_and_is_no_reply(mail, went):
    answer = simulated_mail.reply(went, "")
    answer.replace_header("Subject", "unsubscribe")
    answer.set_content("")

    receive.take_mail(raw(answer))

    assert Suppression.objects.count() == 1
    assert not Reply.objects.exists()


def test_a_dead_mailbox_that_a_teams_address_passes_mails_on_to_does_not_suppress_the_address(mail, went):
    report = raw(simulated_mail.bounce(went))
    name = mail.contact.address.partition("@")[0].encode()

    receive.take_mail(report.replace(b"Final-Recipient: rfc822; " + name, b"Final-Recipient: rfc822; old"))

    assert Event.objects.get(kind=EventKind.BOUNCED).payload["hard"] is False
    assert not is_suppressed(mail.contact.address)


def test_a_hard_bounce_suppresses_and_a_delay_does_not(campaign, went):
    delayed = receive.take_mail(raw(simulated_mail.bounce(went, status="4.2.2", reason="mailbox full")))
    state = Suppression.objects.exists()
    bounced = receive.take_mail(raw(simulated_mail.bounce(went)))

    assert (delayed, bounced, state) == (InboundResult.NEW, InboundResult.NEW, False)
    assert Suppression.objects.get().reason == SuppressionReason.BOUNCED
    assert set(Event.objects.values_list("kind", flat=True)) == {"sent", "deferred", "bounced"}


def test_a_bounce_after_the_erasure_of_its_reader_does_not_bring_the_address_back(mail, went):
    address = mail.contact.address
    export_and_erase.erase(address)

    taken = receive.take_mail(raw(simulated_mail.bounce(went, reason=f"no mailbox <{address}>")))

    assert taken == InboundResult.NEW
    assert Event.objects.get(kind=EventKind.BOUNCED).payload == {}


@pytest.mark.parametrize("report", [simulated_mail.bounce, simulated_mail.complaint])
def test_a_reader_who_attaches_a_report_on_a_mail_of_theirs_has_replied(mail, went, report):
    attached = report(raw(simulated_mail.reply(went, "To your sales address")))
    answer = simulated_mail.reply(went, "Yes, call me. Your sales address does not work, see below.")
    answer.make_mixed()
    answer.attach(MIMEMessage(attached))

    receive.take_mail(raw(answer))

    assert Reply.objects.get().text == "Yes, call me. Your sales address does not work, see below."
    assert set(Event.objects.values_list("kind", flat=True)) == {"sent", "replied"}
    assert not Suppression.objects.exists()


def test_a_complaint_suppresses(went):
    receive.take_mail(raw(simulated_mail.complaint(went)))

    assert Suppression.objects.get().reason == SuppressionReason.COMPLAINED


def test_a_bounce_proves_that_a_mail_of_unknown_fate_had_left(mail, went):
    Message.objects.update(state=MessageState.UNKNOWN, sent_at=None)

    receive.take_mail(raw(simulated_mail.bounce(went)))

    mail.refresh_from_db()
    assert mail.state == MessageState.SENT


def test_of_an_erased_person_no_words_are_kept(mail, went):
    type(mail.contact).objects.update(address="", erased_at=timezone.now())

    receive.take_mail(raw(simulated_mail.reply(went, "I am still here")))

    reply = Reply.objects.get()
    assert (reply.text, reply.subject) == ("", "")
