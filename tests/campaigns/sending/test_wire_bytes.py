"""Mails go over the wire in the bytes that Django would write."""

from __future__ import annotations

from email.policy import Compat32
from random import Random
from smtplib import quoteaddr
from typing import cast

import pytest
from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import SafeMIMEMultipart, sanitize_address

from campaigns.sending import smtp_backend

NAMES = ("To", "Subject", "List-Unsubscribe", "Content-Type", "X-" + "a" * 70)
LETTERS = "ab <>,;@.=?_\"'\\()\t\u00e9"


@pytest.mark.slow
def test_a_header_is_written_as_python_writes_it() -> None:
    ours, pythons = smtp_backend.ShortLines(linesep="\r\n"), Compat32(linesep="\r\n")
    source = Random(5)
    values = ["".join(source.choices(LETTERS, k=source.randrange(90))) for _ in range(4_000)]
    values += ["a" * length for length in range(60, 90)] + [" a", "a ", "a  b", ""]

    for value in values:
        for name in NAMES:
            assert ours.fold_binary(name, value) == pythons.fold_binary(name, value), (name, value)


@pytest.mark.parametrize("name", ["Ada", "Zoë Müller", "A, B", ""])
def test_a_mail_is_written_as_django_writes_it(name: str) -> None:
    mail = EmailMultiAlternatives(
        f"A question for {name}" * 9,
        f"Hi {name},\n.\nFrom here\n",
        f"{name} <replies+abc@sender.example>",
        [f'"{name}" <ada@company.example>'],
        headers={"Message-ID": "<1@sender.example>", "Date": "Tue, 24 Nov 2026 12:00:00 +0000"},
    )
    mail.attach_alternative(f"<p>Hi {name}</p>", "text/html")

    ours, djangos = smtp_backend.as_bytes(mail), cast(SafeMIMEMultipart, mail.message()).as_bytes(linesep="\r\n")

    assert _without_boundary(ours) == _without_boundary(djangos)


ADDRESSES = (
    "a@b.example", "a.b+c@b.example", "a..b@b.example", "a@b.example>", "<a@b.example>", "Ada <a@b.example>",
    "Ada<a@b.example>", "Ada B <a.b@b.example>", '"A, B." <a@b.example>', "A, B <a@b.example>", "Ada <a@b.example",
    '"" <a@b.example>', "Zoë <a@b.example>", "a@Müller.example", '"a b"@b.example', "Ada <a@b.example> c@d.example",
    "a@b.example\n", "nobody", "",
)  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_goes_into_the_envelope_as_django_puts_it(address: str) -> None:
    try:
        expected = quoteaddr(sanitize_address(address, "utf-8"))
    except ValueError:
        with pytest.raises(ValueError):
            smtp_backend.envelope_address(address)
    else:
        assert quoteaddr(smtp_backend.envelope_address(address)) == expected


def _without_boundary(raw: bytes) -> bytes:
    boundary = raw.split(b'boundary="', 1)[1].split(b'"', 1)[0]
    return raw.replace(boundary, b"boundary")
