"""What comes in is believed only when signed, found by what only we could have made, and counted once in any order."""

from __future__ import annotations

import base64
import json
import random
import time
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import Event, Message, Reply, Suppression
from campaigns.replies import receive, webhook_signatures
from campaigns.replies.receive import InboundResult
from campaigns.states import EventKind, MessageState, ReplyClass, StopReason, SuppressionReason
from campaigns.suppression.queries import is_suppressed
from demo.mail_sink import simulated_mail
from tests.campaigns import factories
from tests.campaigns.sending.conftest import drill

pytestmark = pytest.mark.django_db(transaction=True)
HOOK = "/api/v1/inbound/miniatures/"


@pytest.fixture
def went(campaign, mail, mailbox, send):
    """A mail that has gone, as its reader has it."""
    send(campaign)
    mail.refresh_from_db()
    return mailbox.read(next(mailbox.newest()).name)


def raw(mail) -> bytes:
    return mail.as_bytes(policy=SMTP) if isinstance(mail, EmailMessage) else mail.as_bytes()


def post(body, *, signature=None, path=HOOK):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    signed = webhook_signatures.sign(data, secret=webhook_signatures.key()) if signature is None else signature
    return Client().post(path, data, content_type="application/json", headers={webhook_signatures.HEADER: signed})


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
    assert (reply.message, reply.text, reply.meaning) == (mail, "Sounds good, call me on Thursday.", "interested")
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
    assert not Reply.objects.exists()
    assert not Event.objects.filter(kind=EventKind.REPLIED).exists()


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


def test_a_hard_bounce_suppresses_and_a_delay_does_not(campaign, went):
    delayed = receive.take_mail(raw(simulated_mail.bounce(went, status="4.2.2", said="mailbox full")))
    state = Suppression.objects.exists()
    bounced = receive.take_mail(raw(simulated_mail.bounce(went)))

    assert (delayed, bounced, state) == (InboundResult.NEW, InboundResult.NEW, False)
    assert Suppression.objects.get().reason == SuppressionReason.BOUNCED
    assert set(Event.objects.values_list("kind", flat=True)) == {"sent", "deferred", "bounced"}


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


def test_the_webhook_takes_mails_and_events(mail, went):
    told = {"id": "a1", "kind": "complained", "message": str(mail.pk)}
    answer = base64.b64encode(raw(simulated_mail.reply(went, "Yes"))).decode()

    first = post({"events": [told], "mails": [answer]})
    again = post({"events": [told, {**told, "id": "a2", "message": str(uuid4())}], "mails": [answer]})

    assert (first.status_code, first.json()) == (200, {"new": 2, "known": 0, "unmatched": 0})
    assert again.json() == {"new": 0, "known": 2, "unmatched": 1}


@pytest.mark.parametrize(
    "make",
    [
        lambda body: "",
        lambda body: "t=1,v1=00",
        lambda body: webhook_signatures.sign(body, secret=b"another key"),
        lambda body: webhook_signatures.sign(body + b" ", secret=webhook_signatures.key()),
        lambda body: webhook_signatures.sign(body, secret=webhook_signatures.key(), at_s=int(time.time()) - 3600),
        lambda body: webhook_signatures.sign(body, secret=webhook_signatures.key(), at_s=int(time.time()) + 3600),
    ],
)
def test_a_webhook_that_is_not_signed_now_by_us_changes_nothing(mail, make):
    body = json.dumps({"events": [{"id": "a1", "kind": "complained", "message": str(mail.pk)}]}).encode()

    response = post(body, signature=make(body))

    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[" * 100_000, 400),
        (b"[]", 400),
        (b'{"events": [{"id": "x", "kind": "sent"}]}', 400),
        (b'{"events": "x"}', 400),
        (b'{"mails": ["%%%"]}', 400),
        (b"{}", 200),
    ],
)
def test_a_signed_body_without_sense_is_refused_in_words(db, body, status):
    assert post(body).status_code == status


def test_an_event_from_the_future_happens_now(mail):
    later = (timezone.now() + timedelta(days=90)).isoformat()

    post({"events": [{"id": "a1", "kind": "complained", "message": str(mail.pk), "occurred_at": later}]})

    assert Event.objects.get().occurred_at <= timezone.now()


def test_a_provider_that_is_not_named_is_not_heard(db, settings):
    settings.INBOUND_PROVIDERS = []

    assert Client().post("/api/v1/inbound/mailgun/tracking/", {}).status_code == 404


def test_a_provider_whose_webhook_nothing_would_verify_is_not_heard(db, settings):
    settings.INBOUND_PROVIDERS, settings.ANYMAIL = ["brevo", "mailgun"], {}

    assert Client().post("/api/v1/inbound/brevo/tracking/", b"{}", "application/json").status_code == 404
    assert Client().post("/api/v1/inbound/mailgun/tracking/", b"{}", "application/json").status_code == 404


def test_a_providers_webhook_is_read_by_anymail(mail, settings):
    settings.INBOUND_PROVIDERS, settings.ANYMAIL = ["brevo"], {"WEBHOOK_SECRET": "user:secret"}
    body = {"event": "hard_bounce", "email": "x@y.example", "id": 1, "ts_epoch": 1700000000000, "message-id": "<m@x>",
            "reason": "550 5.1.1 user unknown", "X-Mailin-custom": json.dumps({"message": str(mail.pk)})}  # fmt: skip

    def tell(password):
        header = "Basic " + base64.b64encode(f"user:{password}".encode()).decode()
        path = "/api/v1/inbound/brevo/tracking/"
        return Client().post(path, json.dumps(body), "application/json", headers={"Authorization": header})

    assert tell("wrong").status_code == 400
    assert not Event.objects.exists()
    assert tell("secret").status_code == 200
    assert tell("secret").status_code == 200
    event = Event.objects.get()
    assert (event.kind, event.payload["hard"], event.message_id) == (EventKind.BOUNCED, True, mail.pk)


@pytest.mark.parametrize("body", ["[" * 100_000, '{"event": ' + "9" * 5000 + "}", r'{"reason": "\u0000"}', "{"])
@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
def test_a_providers_webhook_that_is_no_json_is_refused(db, settings, body, kind):
    settings.INBOUND_PROVIDERS, settings.ANYMAIL = ["brevo"], {"WEBHOOK_SECRET": "user:secret"}
    header = "Basic " + base64.b64encode(b"user:secret").decode()

    answer = Client(raise_request_exception=False).post(
        "/api/v1/inbound/brevo/tracking/", body, kind, headers={"Authorization": header}
    )

    assert answer.status_code == 400
    assert answer.content.startswith(b"The body is no JSON")


@pytest.mark.parametrize("body", ["[" * 100_000, r'{"events": [{"id": "\ud800"}]}', '{"events": [{"hard": NaN}]}'])
def test_a_signed_body_that_is_no_json_is_refused(db, body):
    answer = post(body.encode())

    assert (answer.status_code, answer.json()["code"]) == (400, "no_json")


@drill
def test_duplicated_and_shuffled_webhooks_come_to_the_same_totals(campaign, stress_count):
    """Whatever the order and however often, the rows at the end are the same."""
    count = stress_count(200, 2_000)
    source = random.Random(3)
    mails = factories.make_due_mails(campaign, 40)
    Message.objects.update(state=MessageState.SENT, sent_at=timezone.now())
    kinds = ["bounced", "deferred", "complained", "unsubscribed", "auto_replied"]
    distinct = [
        {"id": f"e{n}", "kind": kinds[n % 5], "message": str(mails[n % 40].pk), "hard": n % 3 == 0}
        for n in range(count // 2)
    ]
    told = distinct + [dict(source.choice(distinct)) for _ in range(count - len(distinct))]
    source.shuffle(told)

    totals = {"new": 0, "known": 0, "unmatched": 0}
    for start in range(0, len(told), 50):
        for name, number in post({"events": told[start : start + 50]}).json().items():
            totals[name] += number

    assert totals == {"new": len(distinct), "known": count - len(distinct), "unmatched": 0}
    kept = list(Event.objects.values_list("key", "kind", "message_id"))
    assert sorted((key, kind, str(pk)) for key, kind, pk in kept) == sorted(
        (f"hook:{each['id']}", each["kind"], each["message"]) for each in distinct
    )
    leaving = {e["message"] for e in distinct if e["kind"] in ("complained", "unsubscribed") or
               (e["kind"] == "bounced" and e["hard"])}  # fmt: skip
    assert Suppression.objects.count() == len(leaving)
