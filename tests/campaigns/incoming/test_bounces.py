"""Reports of failed and delayed deliveries, written by hand after mail servers of many kinds and languages."""

from __future__ import annotations

import email
from base64 import encodebytes
from pathlib import Path

import pytest
from flufl.bounce import all_failures

from campaigns.replies.parsing import delivery_reports, parse_mail
from tests import pace

# Named by what the address comes to: it is dead, kept though the mail is lost, only delayed, or nothing is reported.
BLOCKS = (Path(__file__).parent / "reported_bounces.txt").read_text().removeprefix("=== ").split("\n=== ")
REPORTS = {name: text.rstrip("\n") for name, _, text in (block.partition("\n") for block in BLOCKS)}
HEAD = (
    "Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@mx.example>\nTo: "
    "replies@sender.example\nMIME-Version: 1.0\n"
)


def mail_of(report: str) -> bytes:
    subject, _, body = report.partition("\n")
    text, _, part = body.partition("\n%% ")
    kind = "html" if text.startswith("<") else "plain"
    words = f"Content-Type: text/{kind}; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}\n"
    head = f"Subject: {subject}\n{HEAD}"
    if not part:
        return f"{head}{words}".encode()
    named, _, fields = part.partition("\n")
    status, _, encoding = named.partition(" ")
    content = encodebytes(fields.encode()).decode() if encoding == "base64" else fields
    encoded = f"Content-Transfer-Encoding: {encoding or '8bit'}\n"
    returned = "Content-Type: text/rfc822-headers\n\nMessage-ID: <1234@sender.example>\n"
    parts = (words, f"Content-Type: message/{status}\n{encoded}\n{content}\n", returned)
    kind = 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
    return (f"{head}{kind}" + "".join(f"--b\n{each}\n" for each in parts) + "--b--\n").encode()


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_of_any_server_is_final_or_not_and_its_address_dead_or_not(name: str) -> None:
    bounce = parse_mail.parse_mail(mail_of(REPORTS[name])).bounce

    state = "none" if bounce is None else "dead" if bounce.is_hard else "kept" if bounce.is_final else "delayed"
    assert state == name.partition(" ")[0]


@pytest.mark.parametrize("name", REPORTS)
def test_flufl_bounce_calls_no_failure_lasting_or_passing_that_is_read_otherwise(name: str) -> None:
    raw = mail_of(REPORTS[name])
    delayed, failed = all_failures(email.message_from_bytes(raw))
    bounce = parse_mail.parse_mail(raw).bounce

    if failed or delayed:
        assert bounce is not None
        assert bounce.is_final == bool(failed)
        assert not bounce.recipient or bounce.recipient.encode() in failed | delayed


def test_a_report_is_read_in_time_that_grows_with_its_length() -> None:
    with pace.within(0.3):
        for unit in ("adres", "domain ", "user a ", "no se encontró ", "\n"):
            parse_mail.parse_mail(mail_of(f"Undeliverable\n.{unit * (delivery_reports.MAX_PROSE // len(unit))}."))


def test_exchange_reports_by_its_own_address_without_an_empty_return_path() -> None:
    report = mail_of(REPORTS["dead html exchange"]).replace(b"Return-Path: <>\n", b"")
    exchange = report.replace(
        b"MAILER-DAEMON@mx.example", b"MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@y.example"
    )

    bounce = parse_mail.parse_mail(exchange).bounce

    assert bounce is not None
    assert bounce.is_hard


def test_an_absence_that_speaks_of_a_delay_reports_none() -> None:
    absence = mail_of("Delayed response\nI am temporarily out of the office and will answer late.")

    assert parse_mail.parse_mail(absence.replace(b"MAILER-DAEMON@mx.example", b"ada@acme.example")).bounce is None
