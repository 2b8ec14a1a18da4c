"""Incoming mails are read whatever their bytes: bounces, complaints, automatic answers, a person's own words."""

from __future__ import annotations

import gzip
import json
import random
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from campaigns.replies.parsing import parse_mail, quotations, refusals
from demo.mail_sink import simulated_mail

SENT = b"""Return-Path: <replies+abc@sender.example>\r
From: Nora Lind <nora@sender.example>\r
To: Ada <ada@acme.example>\r
Reply-To: Nora <replies+abc@sender.example>\r
Subject: A question\r
Message-ID: <1234@sender.example>\r
Date: Fri, 20 Nov 2026 10:00:00 +0000\r
\r
Hi Ada,\r
would a call help?\r
"""

DSN = """From: MAILER-DAEMON@mx.example
To: replies@sender.example
Subject: Undelivered Mail
Message-ID: <dsn-1@mx.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It did not work.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; ada@acme.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {said}

--b
Content-Type: text/rfc822-headers

From: nora@sender.example
Message-ID: <1234@sender.example>
--b--
"""


@pytest.mark.parametrize(
    ("action", "status", "said", "hard", "final"),
    [
        ("failed", "5.1.1", "550 5.1.1 no such user", True, True),
        ("failed", "5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound", True, True),
        ("failed", "5.1.351", "550 5.1.351 Remote server returned unknown recipient", True, True),
        ("failed", "5.2.1", "550 5.2.1 mailbox disabled", True, True),
        ("failed", "5.2.2", "552 5.2.2 mailbox full", False, True),
        ("failed", "5.7.1", "550 5.7.1 message blocked as spam", False, True),
        ("failed", "5.0.0", "550 User unknown", True, True),
        ("failed", "5.0.0", "554 rejected due to spam policy", False, True),
        ("failed", "4.4.7", "delivery time expired", False, True),
        ("delayed", "4.4.1", "connection timed out", False, False),
    ],
)
def test_a_bounce_is_hard_only_when_there_is_no_such_reader(action, status, said, hard, final):
    read = parse_mail.parse_mail(DSN.format(action=action, status=status, said=said).encode())

    assert read.bounce is not None
    assert (read.bounce.is_hard, read.bounce.is_final, read.bounce.status) == (hard, final, status)
    assert read.bounce.recipient == "ada@acme.example"
    assert read.bounce.original_message_id == "1234@sender.example"


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_the_notice_of_a_success_is_no_bounce(action):
    assert parse_mail.parse_mail(DSN.format(action=action, status="2.0.0", said="250 ok").encode()).bounce is None


@pytest.mark.parametrize(
    ("code", "text", "hard"),
    [
        (550, "5.1.1 User unknown", True),
        (550, "Requested action not taken: mailbox unavailable", True),
        (553, "sorry, no mailbox here by that name", True),
        (550, "5.7.1 Service unavailable, client host blocked using a list", False),
        (552, "5.2.2 The mailbox is over its quota", False),
        (554, "Message refused: spam content", False),
        (550, "5.1.8 Bad sender's system address", False),
        (550, "5.4.1 Recipient address rejected: Access denied. AS(201806281)", True),
        (553, "Sender address rejected: Domain not found", False),
        (550, "5.1.1 Sender verification failed for <nora@sender.example>", False),
        (550, "5.1.1 <nora@sender.example>: Sender address rejected: undeliverable address", False),
        (550, "5.1.1 No such user (in reply to MAIL FROM command)", False),
        (550, "5.1.2 Unknown sender domain", False),
        (550, "5.1.1 No reverse DNS for 192.0.2.9", False),
        (550, "5.1.0 Message rejected: poor reputation of 192.0.2.9", False),
        (550, "5.1.0 192.0.2.9 is not allowed to send. See https://mx.example/codes#BL1", False),
        (550, "5.1.1 DKIM validation failed for sender.example", False),
        (554, "5.1.1 Host 192.0.2.9 is listed in bl.example", False),
        (550, "RP:CEL 163 mx3,AbC. See https://mail.example/help_spam_16.htm", False),
        (550, "RP:TRC 163 mx3", False),
        (550, "5.1.0 Address rejected.", True),
        (550, "5.2.1 Mailbox gets messages too fast, slow down", False),
        (550, "Adresse de l'expéditeur inconnue", False),
        (550, "5.7.1 Die Adresse des Absenders ist unbekannt", False),
        (550, "5.7.1 La dirección del remitente no existe", False),
    ],
)
def test_an_answer_of_smtp_is_hard_only_when_there_is_no_such_reader(code, text, hard):
    assert refusals.is_hard(text, code=code) is hard


def test_what_the_sink_makes_of_a_mail_reads_as_what_it_is():
    as_bytes = lambda mail: mail.as_bytes(policy=SMTP) if isinstance(mail, EmailMessage) else mail.as_bytes()  # noqa: E731
    reply = parse_mail.parse_mail(as_bytes(simulated_mail.reply(SENT, "Yes, on Thursday.")))
    absence = parse_mail.parse_mail(as_bytes(simulated_mail.out_of_office(SENT)))
    bounce = parse_mail.parse_mail(as_bytes(simulated_mail.bounce(SENT)))
    delay = parse_mail.parse_mail(as_bytes(simulated_mail.bounce(SENT, status="4.2.2")))
    complaint = parse_mail.parse_mail(as_bytes(simulated_mail.complaint(SENT)))

    assert (reply.text, reply.answers, reply.auto_reason) == ("Yes, on Thursday.", ("1234@sender.example",), "")
    assert (reply.sender, reply.recipients) == ("ada@acme.example", ("replies+abc@sender.example",))
    assert absence.auto_reason == "Auto-Submitted: auto-replied"
    assert (bounce.bounce.is_hard, bounce.bounce.original_message_id) == (True, "1234@sender.example")
    assert (delay.bounce.is_hard, delay.bounce.is_final) == (False, False)
    assert complaint.complaint.original_message_id == "1234@sender.example"


@pytest.mark.parametrize(
    ("headers", "is_automatic"),
    [
        ({"Auto-Submitted": "auto-replied"}, True),
        ({"Auto-Submitted": "auto-generated; owner=x"}, True),
        ({"Auto-Submitted": "no"}, False),
        ({"X-Autoreply": "yes"}, True),
        ({"Precedence": "bulk"}, False),
        ({"Precedence": "auto_reply"}, True),
        ({"Subject": "[External] Re: Out of Office"}, True),
        ({"Precedence": "first-class"}, False),
        ({"Subject": "Automatic reply: A question"}, True),
        ({"Subject": "Out of Office Re: A question"}, True),
        ({"Subject": "Re: Abwesenheitsnotiz"}, True),
        ({"Subject": "Re: are you out of ideas?"}, False),
        ({"Return-Path": "<>"}, True),
        ({}, False),
    ],
)
def test_automatic_answers_are_told_apart(headers, is_automatic):
    mail = EmailMessage()
    for name, value in headers.items():
        mail[name] = value
    mail.set_content("Hello")

    assert bool(parse_mail.parse_mail(mail.as_bytes()).auto_reason) is is_automatic


QUOTED = "On Fri, 20 Nov 2026 at 10:00, Nora Lind <nora@sender.example> wrote:"


@pytest.mark.parametrize(
    ("text", "own"),
    [
        (f"Yes please.\n\n{QUOTED}\n> would a call help?\n", "Yes please."),
        (f"{QUOTED}\n> would a call help?\n\nYes please.\n", "Yes please."),
        (f"Two answers.\n{QUOTED}\n> first?\nYes.\n> second?\nNo.\n", "Two answers.\nYes.\nNo."),
        ("Yes.\n\nOn Friday the 20th of November\nNora Lind <nora@sender.example>\nwrote:\n> hello", "Yes."),
        ("Ja gern.\n\nAm 20.11.2026 um 10:00 schrieb Nora Lind:\n> Hallo", "Ja gern."),
        ("No.\n\n-----Original Message-----\nFrom: Nora\nSent: today\nhello", "No."),
        ("Maybe.\n\nFrom: Nora Lind\nSent: Friday\nTo: Ada\nSubject: x\n\nHi Ada", "Maybe."),
        ("Fine.\n-- \nAda Byron\nAcme", "Fine."),
        ("Fine.\n\nSent from my iPhone", "Fine."),
        ("On Monday we wrote: a plan", "On Monday we wrote: a plan"),
        ("", ""),
        ("> only quoted", ""),
    ],
)
def test_only_the_writers_own_words_are_kept(text, own):
    assert quotations.own_text(text) == own
    assert quotations.own_text(text.replace("\n", "\r\n")) == own


def test_html_alone_is_read_as_text():
    mail = EmailMessage()
    mail.set_content(
        "<style>p{}</style><p>Yes &amp; thanks</p><script>alert(1)</script><div>Call me</div>"
        '<div class="gmail_quote">On Fri Nora wrote:<blockquote>hello</blockquote></div>',
        subtype="html",
    )

    assert parse_mail.parse_mail(mail.as_bytes()).text == "Yes & thanks\nCall me"


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff\xfe" * 1000,
        b"Subject: =?utf-9?b?!!!?=\n\nx",
        b"Content-Type: text/plain; charset=no-such\n\n\xff\xfe",
        b"Content-Type: text/plain; charset=idna\n\n\xff..",
        b"Content-Type: text/plain; charset=hex\nContent-Transfer-Encoding: base64\n\n!!!!",
        b"Content-Type: multipart/mixed\n\nno boundary",
        b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n--b",
        b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/feedback-report\n\nx\n--b--",
        b"From: <<<>>>@@@\nTo: ,,,;;;\nDate: Fri, 99 Foo 99999 99:99\nReferences: " + b"<a@b> " * 5000 + b"\n\n",
        b"Content-Type: message/rfc822\n\n" * 3000,
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(2000)),
        b"Subject: " + b"=?utf-8?q?a?= " * 20000 + b"\n\n",
        b"\n\n" + b"On x wrote:\n> y\nz\n" * 50000,
        b"Content-Type: text/html\n\n" + b"<script>" * 50000,
        b"Content-Type: text/html\n\n" + b"<div " * 50000,
    ],
)
def test_no_bytes_make_reading_fail(raw):
    read = parse_mail.parse_mail(raw)

    assert read.message_id
    assert "\x00" not in read.text + read.subject


@pytest.mark.parametrize("charset", ["utf-7", "unicode_escape"])
def test_halves_of_a_character_that_no_database_keeps_are_replaced(charset):
    half = b"+2AA-" if charset == "utf-7" else rb"\ud800"
    name, word = charset.encode(), half.replace(b"\\", b"=5C")
    raw = b"Subject: =?%s?q?Well%s?=\nContent-Type: text/plain; charset=%s\n\nYes%s, call me" % (name, word, name, half)

    read = parse_mail.parse_mail(raw)

    assert (read.subject, read.text) == ("Well\ufffd", "Yes\ufffd, call me")


def test_no_field_of_a_header_brings_a_zero_byte():
    head = b"From: a\x00@b.example\nMessage-ID: <one\x00@b.example>\nIn-Reply-To: <two\x00@b.example>\n"
    automatic = parse_mail.parse_mail(head + b"Auto-Submitted: auto-\x00replied\n\nhi")
    status = b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; b\n\n"
    fields = b"Action: failed\nDiagnostic-Code: 55\x000 no\n"
    report = b"Content-Type: multipart/report; boundary=b\n\n--b\n" + status + fields + b"\n--b--"
    failed = parse_mail.parse_mail(head + report)

    assert (automatic.message_id, automatic.auto_reason) == ("one@b.example", "Auto-Submitted: auto-replied")
    assert (failed.sender, failed.answers, failed.bounce.text) == ("a@b.example", ("two@b.example",), "550 no")


@pytest.mark.slow
@pytest.mark.outside_data
def test_three_thousand_real_mails_whole_and_damaged_are_read(outside_data):
    source = random.Random(7)
    with gzip.open(outside_data / "emails" / "spamassassin.jsonl.gz", "rt") as file:
        rows = [json.loads(line) for line in file]
    problems: list[tuple[str, str]] = []

    for row in rows:
        raw = _as_mail(row)
        whole = parse_mail.parse_mail(raw)
        problems += [(row["date"], each) for each in whole.problems]
        cut = source.randrange(len(raw))
        damaged = bytearray(raw)
        for _ in range(20):
            damaged[source.randrange(len(damaged))] = source.randrange(256)
        assert parse_mail.parse_mail(raw[:cut]).message_id
        assert parse_mail.parse_mail(bytes(damaged)).message_id
        assert len(whole.text) <= quotations.MAX_CHARS

    assert len(rows) == 3246
    # Two of them have dates that are none; nothing else is lost.
    assert [(part, date[:10]) for date, part in problems] == [("date", "2002/09/14")] * 2


def _as_mail(row) -> bytes:
    """A mail put together again from the parts the collection keeps, without the standard library's help."""
    head = (
        f"From: someone@{row['from_domain']}\nSubject: {' '.join((row['subject'] or '').split())}\nDate: "
        f"{row['date']}\n"
    )
    if not row["html"]:
        return (head + "Content-Type: text/plain; charset=utf-8\n\n" + (row["text"] or "")).encode("utf-8", "replace")
    parts = [("plain", row["text"] or ""), ("html", row["html"])]
    body = "".join(f"--=b=\nContent-Type: text/{kind}; charset=utf-8\n\n{text}\n" for kind, text in parts if text)
    whole = head + 'MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary="=b="\n\n' + body + "--=b=--\n"
    return whole.encode("utf-8", "replace")
