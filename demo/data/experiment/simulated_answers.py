"""Answers of simulated people: through the very addresses and the webhook that real ones go through.

A mail that comes back is posted to the site's inbound webhook, signed, as the local sink posts it; a click is a
request for the address that stands in the mail. Requests are made inside this process, because no
server runs yet while the demo is loaded.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from email.generator import BytesGenerator
from email.message import Message
from email.policy import SMTP
from io import BytesIO

from django.test import Client

from campaigns.replies import webhook_signatures
from demo.mail_sink import simulated_mail

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
INBOUND = "/api/v1/inbound/miniatures/"


class SimulatedAnswers:
    """Carries out what simulated people do with the mails they got."""

    def __init__(self) -> None:
        self._client = Client(headers={"host": "localhost", "user-agent": BROWSER})

    def carry_out(self, doing: str, raw: bytes, words: str = "") -> None:
        """Do one thing with a mail; doing it twice changes nothing.

        Args:
            doing: `reply`, `absence`, `bounce`, `complaint` or `leave`.
            raw: The mail as it arrived.

        Raises:
            RuntimeError: The site did not take it.
        """
        self._post(_mail(doing, raw, words))

    def _post(self, mail: bytes) -> None:
        body = json.dumps({"mails": [base64.b64encode(mail).decode()]}).encode()
        signed = {webhook_signatures.HEADER: webhook_signatures.sign(body, secret=webhook_signatures.key())}
        answer = self._client.post(INBOUND, body, content_type="application/json", headers=signed)
        self._expect(answer.status_code, 200)
        if json.loads(answer.content)["unmatched"]:
            raise RuntimeError("An answer of the demo's people found no mail of ours.")

    def _expect(self, status: int, wanted: int) -> None:
        if status != wanted:
            raise RuntimeError(f"The site answered a simulated reader with {status} instead of {wanted}.")


def _mail(doing: str, raw: bytes, words: str) -> bytes:
    made = _reply_mail(doing, raw, words)
    # The same in every run, so that a load that is taken up again tells nothing twice.
    digest = hashlib.sha256(doing.encode() + _message_id(raw)).hexdigest()[:32]
    del made["Message-ID"]
    made["Message-ID"] = f"<{digest}@reader.invalid>"
    buffer = BytesIO()
    flat: BytesGenerator[Message] = BytesGenerator(buffer, policy=SMTP)
    flat.flatten(made)
    return buffer.getvalue()


def _reply_mail(doing: str, raw: bytes, words: str) -> Message:
    if doing == "reply":
        return simulated_mail.reply(raw, words)
    if doing == "absence":
        return simulated_mail.out_of_office(raw)
    if doing == "complaint":
        return simulated_mail.complaint(raw)
    return simulated_mail.bounce(raw) if doing == "bounce" else _unsubscribe(raw)


def _unsubscribe(raw: bytes) -> Message:
    """Mail that a mail program sends to the address of `List-Unsubscribe`."""
    made = simulated_mail.reply(raw, "")
    made.replace_header("Subject", "unsubscribe")
    made.set_content("")
    return made


def _message_id(raw: bytes) -> bytes:
    match = re.search(rb"^message-id:\s*<([^<>\s]+)>", raw, re.IGNORECASE | re.MULTILINE)
    return match[1] if match else raw
