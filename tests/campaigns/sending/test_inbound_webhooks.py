"""A webhook is believed only when signed, and what it tells is counted once in any order."""

from __future__ import annotations

import base64
import json
import random
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import Event, Message, Reply, Suppression
from campaigns.replies import receive, webhook_signatures
from campaigns.sending import outbox
from campaigns.states import EventKind, MessageState
from demo.mail_sink import simulated_mail
from tests.campaigns import factories
from tests.campaigns.sending.conftest import drill, raw

pytestmark = pytest.mark.django_db(transaction=True)
HOOK = "/api/v1/inbound/miniatures/"


def post(body, *, signature=None, path=HOOK):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    signed = webhook_signatures.sign(data, secret=webhook_signatures.key()) if signature is None else signature
    return Client().post(path, data, content_type="application/json", headers={webhook_signatures.HEADER: signed})


def test_the_webhook_takes_mails_and_events(mail, went):
    told = {"id": "a1", "kind": "complained", "message": str(mail.pk)}
    answer = base64.b64encode(raw(simulated_mail.reply(went, "Yes"))).decode()

    first = post({"events": [told], "mails": [answer]})
    again = post({"events": [told, {**told, "id": "a2", "message": str(uuid4())}], "mails": [answer]})

    assert (first.status_code, first.json()) == (200, {"new": 2, "known": 0, "unmatched": 0})
    assert again.json() == {"new": 0, "known": 2, "unmatched": 1}


@pytest.mark.parametrize(("kind", "is_hard"), [("hard_bounce", True), ("invalid_email", True), ("soft_bounce", False)])
def test_a_provider_that_gives_no_reason_is_believed_when_the_address_is_dead(mail, settings, kind, is_hard):
    settings.INBOUND_PROVIDERS, settings.ANYMAIL = ["brevo"], {"WEBHOOK_SECRET": "user:secret"}
    body = {"event": kind, "email": "x@y.example", "X-Mailin-custom": json.dumps({"message": str(mail.pk)})}
    header = "Basic " + base64.b64encode(b"user:secret").decode()
    path = "/api/v1/inbound/brevo/tracking/"

    Client().post(path, json.dumps(body), "application/json", headers={"Authorization": header})

    assert Event.objects.get().payload["hard"] is is_hard


@pytest.mark.parametrize(
    "odd",
    [
        lambda answer: answer.replace(b'charset="utf-8"', b'charset="utf-7"').replace(b"Yes", b"Yes +2AA-"),
        lambda answer: answer.replace(b"Message-ID: <", b"Message-ID: <\x00"),
    ],
)
def test_a_mail_of_odd_characters_holds_up_no_mail_beside_it(mail, went, odd):
    answers = [odd(raw(simulated_mail.reply(went, "Yes"))), raw(simulated_mail.reply(went, "No"))]

    response = post({"mails": [base64.b64encode(each).decode() for each in answers]})

    assert (response.status_code, response.json()) == (200, {"new": 2, "known": 0, "unmatched": 0})
    assert Reply.objects.count() == 2


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


def test_a_providers_event_from_the_future_happens_now(mail):
    later = timezone.now() + timedelta(days=90)

    receive.take_event(receive.ProviderEvent(EventKind.COMPLAINED, "p1", message=str(mail.pk), occurred_at=later))

    assert Event.objects.get().occurred_at <= timezone.now()


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    ("kind", "told_after_s", "state"),
    [
        ("complained", 1, MessageState.SENT),
        ("deferred", 1, MessageState.UNKNOWN),
        # Told of an earlier attempt, it proves nothing of this one.
        ("bounced", -60, MessageState.UNKNOWN),
    ],
)
def test_a_webhook_before_the_answer_settles_a_mail_whose_sender_died(mail, kind, told_after_s, state):
    sending_at = timezone.now() - timedelta(seconds=told_after_s)
    Message.objects.update(state=MessageState.SENDING, sending_at=sending_at, sent_at=None, sender_job=uuid4())

    post({"events": [{"id": "a1", "kind": kind, "message": str(mail.pk)}]})
    outbox.settle_left_behind(mail.campaign)

    mail.refresh_from_db()
    assert mail.state == state
    assert mail.sent_at == (sending_at if state == MessageState.SENT else None)


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


@pytest.mark.parametrize(
    "odd",
    [
        "Content-Type: multipart/alternative\n\nGrüße: ja",
        'Content-Type: multipart/alternative; boundary="never"\n\nGrüße: ja',
        f"Reply-To: =?utf-8?q?=0D=0A?= <ada@{'b' * 60}.example>\n\nGrüße: ja",
    ],
)
def test_a_mail_that_breaks_the_rules_of_mails_is_read_from_a_providers_webhook(mail, settings, odd):
    settings.INBOUND_PROVIDERS, settings.ANYMAIL = ["postmark"], {"WEBHOOK_SECRET": "user:secret"}
    Message.objects.update(state=MessageState.SENT, message_id="sent@sender.example")
    body = {"RawEmail": f"From: ada@b.example\nIn-Reply-To: <sent@sender.example>\nSubject: Grüße\n{odd}"}
    header = "Basic " + base64.b64encode(b"user:secret").decode()
    path = "/api/v1/inbound/postmark/inbound/"

    answer = Client().post(path, json.dumps(body), "application/json", headers={"Authorization": header})

    assert answer.status_code == 200
    assert list(Reply.objects.values_list("message", "subject", "text")) == [(mail.pk, "Grüße", "Grüße: ja")]


@pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailNotSupportedWarning")
def test_a_header_that_a_provider_hands_over_decoded_is_read(mail, settings):
    settings.INBOUND_PROVIDERS, settings.ANYMAIL = ["sendgrid"], {"WEBHOOK_SECRET": "user:secret"}
    Message.objects.update(state=MessageState.SENT, message_id="sent@sender.example")
    head = "From: Jörg <ada@b.example>\nIn-Reply-To: <sent@sender.example>\nSubject: Grüße\n"
    header = "Basic " + base64.b64encode(b"user:secret").decode()
    path = "/api/v1/inbound/sendgrid/inbound/"

    answer = Client().post(path, {"headers": head, "text": "Ja"}, headers={"Authorization": header})

    assert answer.status_code == 200
    assert list(Reply.objects.values_list("message", "subject", "text")) == [(mail.pk, "Grüße", "Ja")]


@pytest.mark.parametrize("body", ["[" * 100_000, '{"event": ' + "9" * 5000 + "}", r'{"reason": "\u0000"}', "{"])
@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
def test_a_providers_webhook_that_is_no_json_is_refused(db, settings, body, kind):
    settings.INBOUND_PROVIDERS, settings.ANYMAIL = ["brevo"], {"WEBHOOK_SECRET": "user:secret"}
    header = "Basic " + base64.b64encode(b"user:secret").decode()

    answer = Client(raise_request_exception=False).post(
        "/api/v1/inbound/brevo/tracking/", body, kind, headers={"Authorization": header}
    )

    assert answer.status_code == 400
    assert answer.content.startswith(b"The body is not JSON")


@pytest.mark.parametrize("body", ["[" * 100_000, r'{"events": [{"id": "\ud800"}]}', '{"events": [{"hard": NaN}]}'])
def test_a_signed_body_that_is_no_json_is_refused(db, body):
    answer = post(body.encode())

    assert (answer.status_code, answer.json()["code"]) == (400, "no_json")


@pytest.mark.slow
@drill
def test_duplicated_and_shuffled_webhooks_come_to_the_same_totals(campaign, stress_count):
    """Whatever the order and however often, the rows at the end are the same."""
    count = stress_count(200, 10_000)
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
