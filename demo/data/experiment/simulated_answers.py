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


def carry_out(doing: str, raw: bytes, words: str = "") -> None:
    """Do one thing with a mail; doing it twice changes nothing.

    Args:
        doing: `reply`, `absence`, `bounce`, `complaint` or `leave`.
        raw: The mail as it arrived.

    Raises:
        RuntimeError: The site did not take it.
    """
    body = json.dumps({"mails": [base64.b64encode(_mail(doing, raw, words)).decode()]}).encode()
    signed = {webhook_signatures.HEADER: webhook_signatures.sign(body, secret=webhook_signatures.key())}
    client = Client(headers={"host": "localhost", "user-agent": BROWSER})
    answer = client.post(INBOUND, body, content_type="application/json", headers=signed)
    if answer.status_code != 200:
        raise RuntimeError(f"The site answered a simulated reader with {answer.status_code} instead of 200.")
    if json.loads(answer.content)["unmatched"]:
        raise RuntimeError("An answer of the demo's people found no mail of ours.")


def _mail(doing: str, raw: bytes, words: str) -> bytes:
    mail = simulated_mail.answer_to(raw, doing, words)
    sent = re.search(rb"^message-id:\s*<([^<>\s]+)>", raw, re.IGNORECASE | re.MULTILINE)
    # The same in every run, so that a load that is taken up again tells nothing twice.
    digest = hashlib.sha256(doing.encode() + (sent[1] if sent else raw)).hexdigest()[:32]
    del mail["Message-ID"]
    mail["Message-ID"] = f"<{digest}@reader.invalid>"
    buffer = BytesIO()
    flat: BytesGenerator[Message] = BytesGenerator(buffer, policy=SMTP)
    flat.flatten(mail)
    return buffer.getvalue()
