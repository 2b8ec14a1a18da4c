"""A reader's complaint is heard whatever the provider left of our mail, and nothing else is taken for one."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest

from campaigns.compose import message as compose
from campaigns.models import Campaign, Event, Message, Suppression
from campaigns.replies import receive
from campaigns.replies.receive import InboundResult
from campaigns.states import EventKind, MessageState, SuppressionReason

pytestmark = pytest.mark.django_db
REDACTED = "redacted@reader.example"


@pytest.fixture
def sent(campaign: Campaign, mail: Message) -> EmailMessage:
    """Our mail as a provider has it, without what it takes out: the reader's address and the Message-ID."""
    outgoing = compose.compose(mail, links=compose.links_of(campaign)).mail
    Message.objects.update(state=MessageState.SENT)
    returned = EmailMessage(policy=SMTP)
    for name, value in outgoing.message().items():
        if name.lower() not in ("to", "message-id", "content-type", "mime-version", "content-transfer-encoding"):
            returned[name] = str(value)
    returned["Return-Path"] = f"<{outgoing.from_email}>"
    returned["To"] = REDACTED
    returned.set_content(outgoing.body)
    return returned


def only(sent: EmailMessage, *names: str) -> EmailMessage:
    """The mail with the headers of these names alone, and without its text."""
    for name in set(sent.keys()) - {*names, "Content-Type", "MIME-Version", "Content-Transfer-Encoding"}:
        del sent[name]
    sent.set_content("[text removed]")
    return sent


def report(part: EmailMessage | str, **headers: str) -> bytes:
    """A feedback report (RFC 5965) that carries back a mail, or its headers alone."""
    outer = EmailMessage(policy=SMTP)
    outer["From"], outer["To"], outer["Subject"] = "fbl@provider.example", "abuse@sender.example", "FW: Trucks"
    outer.set_content("This is a report about a mail.")
    outer.make_mixed()
    outer.attach(kind_of_part("message/feedback-report", "Feedback-Type: abuse\nVersion: 1\n"))
    if isinstance(part, str):
        outer.attach(kind_of_part("text/rfc822-headers", part))
    else:
        outer.add_attachment(part)
    outer.replace_header(
        "Content-Type", f'multipart/report; report-type=feedback-report; boundary="{outer.get_boundary() or "BB"}"'
    )
    return outer.as_bytes()


def kind_of_part(kind: str, text: str) -> EmailMessage:
    part = EmailMessage(policy=SMTP)
    part["Content-Type"] = kind
    part.set_payload(text)
    return part


def jmrp(
    sent: EmailMessage, *, sender: str = "staff@hotmail.com", subject: str = "complaint about message from 192.0.2.7"
) -> bytes:
    outer = EmailMessage(policy=SMTP)
    outer["From"], outer["To"], outer["Subject"] = sender, "abuse@sender.example", subject
    outer.set_content("")
    sent["X-HmXmrOriginalRecipient"] = REDACTED
    outer.add_attachment(sent)
    return outer.as_bytes()


@pytest.mark.parametrize("header", ["List-Unsubscribe", "Return-Path", "Reply-To"])
def test_a_report_without_our_message_id_is_found_by_a_token_in_a_header(sent: Any, mail: Message, header: str) -> None:
    headers = "\n".join(f"{name}: {value}" for name, value in only(sent, header).items())

    assert receive.take_mail(report(f"{headers}\n")) == InboundResult.NEW
    assert Event.objects.get(kind=EventKind.COMPLAINED).message == mail
    assert Suppression.objects.get().reason == SuppressionReason.COMPLAINED


def test_a_report_is_found_by_a_link_of_the_text_or_by_what_a_provider_hands_back(sent: Any, mail: Message) -> None:
    for name in set(sent.keys()) - {"Content-Type", "MIME-Version", "Content-Transfer-Encoding"}:
        del sent[name]
    by_link = receive.take_mail(report(sent))
    handed_back = only(sent)
    handed_back["X-Mailgun-Variables"] = f'{{"message": "{mail.pk}"}}'
    handed_back["Message-ID"] = "<another@provider.example>"
    by_id = receive.take_mail(report(handed_back))

    assert (by_link, by_id) == (InboundResult.NEW, InboundResult.NEW)
    assert {event.message for event in Event.objects.filter(kind=EventKind.COMPLAINED)} == {mail}


def test_a_token_survives_encoded_addresses_and_folds(sent: Any, mail: Message) -> None:
    url = str(sent["List-Unsubscribe"]).split(">")[0].strip("<").replace("/", "%2F").replace(":", "%3A")

    taken = receive.take_mail(report(f"X-Original-Link: https://safe.example/?url={url[:40]}\n {url[40:]}&data=1\n"))

    assert taken == InboundResult.NEW


def test_hotmail_hands_back_the_whole_mail_without_a_report(sent: Any, mail: Message) -> None:
    assert receive.take_mail(jmrp(sent)) == InboundResult.NEW
    assert Event.objects.get(kind=EventKind.COMPLAINED).message == mail
    assert Suppression.objects.get().reason == SuppressionReason.COMPLAINED


def test_the_field_that_hotmail_adds_is_enough(sent: Any) -> None:
    assert receive.take_mail(jmrp(sent, sender="postmaster@relay.example", subject="FW: Trucks")) == InboundResult.NEW
    assert Suppression.objects.get().reason == SuppressionReason.COMPLAINED


def test_a_reader_who_attaches_our_mail_does_not_complain(sent: Any, mail: Message) -> None:
    answer = EmailMessage(policy=SMTP)
    answer["From"], answer["To"], answer["Subject"] = mail.contact.address, str(sent["Reply-To"]), "Re: Trucks"
    answer.set_content("Is the attached from you? We like it, please call.")
    answer.add_attachment(sent)

    receive.take_mail(answer.as_bytes())

    assert not Suppression.objects.exists()
    assert Event.objects.get().kind == EventKind.REPLIED


def test_a_token_that_was_not_made_here_finds_nothing(sent: Any) -> None:
    header = str(only(sent, "Return-Path")["Return-Path"])
    at = header.index("+") + 3
    forged = f"{header[:at]}{'b' if header[at] != 'b' else 'c'}{header[at + 1 :]}"

    assert receive.take_mail(report(f"Return-Path: {forged}\n")) == InboundResult.UNMATCHED
    assert not Event.objects.exists()


@pytest.mark.outside_data
@pytest.mark.parametrize("name", ["b02_dns_544", "b13_utf8_global"])
def test_a_domain_that_is_none_and_a_report_in_any_script_put_the_address_out_of_use(
    outside_data: Path, sent: Any, mail: Message, name: str
) -> None:
    raw = (outside_data / "cases" / "mails" / f"{name}.eml").read_text()
    address = str(sent["Return-Path"]).strip("<>")

    assert receive.take_mail(raw.replace("replies+TOKEN@sender.example", address).encode()) == InboundResult.NEW
    assert Suppression.objects.get().reason == SuppressionReason.BOUNCED
