"""Simulated answers of a mail's reader, sent by SMTP to the local sink and from there like real mail."""

from __future__ import annotations

import smtplib
from email.generator import BytesGenerator
from email.policy import SMTP
from email.utils import parseaddr
from enum import StrEnum
from io import BytesIO

from django.conf import settings

from demo.mail_sink import simulated_mail
from web.errors import Refusal

MAX_CHARS = 5_000


class SimulatedReply(StrEnum):
    """Kind of answer by a reader or a reader's server."""

    REPLY = "reply"
    ABSENCE = "absence"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"


def send_back(raw: bytes, answer: SimulatedReply, *, text: str = "") -> None:
    """Answer a stored mail.

    Raises:
        Refusal: `no_text`, a reply without words; `sink_away`, the mail sink is not running.
    """
    if answer == SimulatedReply.REPLY and not text.strip():
        raise Refusal("no_text", "A reply needs words.", errors={"text": ["Write what the reader answers."]})
    mail = simulated_mail.answer_to(raw, answer, text.strip()[:MAX_CHARS])
    to = (
        simulated_mail.return_address(raw)
        if mail.get_content_type() == "multipart/report"
        else parseaddr(str(mail["To"]))[1]
    )
    sender = "" if mail["Auto-Submitted"] else parseaddr(str(mail["From"]))[1]
    buffer = BytesIO()
    BytesGenerator(buffer, policy=SMTP).flatten(mail)  # type: ignore[arg-type]
    try:
        with smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT, timeout=settings.EMAIL_TIMEOUT) as server:
            server.sendmail(sender, [to], buffer.getvalue())
    except (OSError, smtplib.SMTPException) as error:
        raise Refusal(
            "sink_away", f"The mail sink does not answer: {error}.", hint="Start it with make run."
        ) from error
