"""Signatures of messages, which show a reader the sender and the time. Pure Python.

The header is `Miniatures-Signature: t=<seconds>,v1=<hex>`, where `v1` is HMAC-SHA256 under the hook's secret over the
decimal seconds, a dot, and the body's bytes (RFC 2104). While a secret is being changed there is a `v1` for each.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence

from web.whole_numbers import whole_number

HEADER = "Miniatures-Signature"
TOLERANCE_S = 300


def new_secret() -> str:
    """A secret of 256 bits that says what it is."""
    return f"whsec_{secrets.token_urlsafe(32)}"


def signature(body: bytes, *, keys: Sequence[str], at: int) -> str:
    """The header's value for a body.

    Args:
        keys: The secret, and beside it one that is being replaced.
        at: Unix time, seconds.
    """
    return ",".join([f"t={at}", *(f"v1={_mac(body, key, at)}" for key in keys)])


def is_valid(header: str, body: bytes, *, key: str, now: int, tolerance_s: int = TOLERANCE_S) -> bool:
    """Return whether a body was signed with the key, not long ago. Readers have to make this check.

    Args:
        now: Unix time, seconds.
        tolerance_s: How far the two clocks may be apart; older messages may be played back by a stranger.
    """
    parts = [part.partition("=") for part in header.split(",")]
    at = whole_number(next((value for name, _, value in parts if name == "t"), ""), otherwise=0)
    if abs(now - at) > tolerance_s:
        return False
    signature = _mac(body, key, at)
    return any(name == "v1" and hmac.compare_digest(value.encode(), signature.encode()) for name, _, value in parts)


def _mac(body: bytes, key: str, at: int) -> str:
    return hmac.new(key.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
