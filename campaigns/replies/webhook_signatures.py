"""Signatures over webhooks in our own form: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`.

The time is signed too, and one too far from ours is refused, so that an intercepted webhook cannot be replayed later;
a replay within the tolerance does nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time

from django.conf import settings

HEADER = "Miniatures-Signature"
_FORM = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")


def key() -> bytes:
    """The key in use: `INBOUND_KEY`, else one derived from SECRET_KEY that only this installation's processes know."""
    if settings.INBOUND_KEY:
        return str(settings.INBOUND_KEY).encode()
    return hmac.new(settings.SECRET_KEY.encode(), b"miniatures.campaigns.inbound", hashlib.sha256).hexdigest().encode()


def sign(body: bytes, *, secret: bytes, at_s: int | None = None) -> str:
    """The header's value for a body, signed at a time (now by default)."""
    moment = int(time.time()) if at_s is None else at_s
    return f"t={moment},v1={_mac(body, secret, moment)}"


def fault(header: str, body: bytes) -> str:
    """Return what is wrong with a signature, for the person who sets a webhook up; empty if it is valid."""
    match = _FORM.fullmatch(header.strip())
    if match is None:
        return f"The header {HEADER} must read t=<unix seconds>,v1=<hex HMAC-SHA256>."
    moment = int(match[1])
    if not hmac.compare_digest(match[2], _mac(body, key(), moment)):
        return "The signature does not fit the body."
    if abs(time.time() - moment) > settings.INBOUND_TOLERANCE_S:
        return f"The signature is more than {settings.INBOUND_TOLERANCE_S:.0f} seconds from our clock."
    return ""


def _mac(body: bytes, secret: bytes, moment: int) -> str:
    return hmac.new(secret, f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
