"""Signed words in addresses of ours: which mail a click, a picture, an unsubscription or a reply belongs to.

A token is the ids it names and an HMAC over them under its purpose, in lower-case base32: it survives mail systems
that change the case of an address and fits into a local part. It reveals nothing without the key.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from uuid import UUID

from django.conf import settings

# 80 bits: out of reach for guessing over a network, short enough for an address.
MAC_BYTES = 10
UUID_BYTES = 16


class TokenPurpose(StrEnum):
    """Purpose of a token; one made for another purpose opens nothing."""

    CLICK = "click"
    OPEN = "open"
    UNSUBSCRIBE = "unsubscribe"
    REPLY = "reply"


class ForgedTokenError(Exception):
    """A token that was not made here for this purpose."""


def sign(purpose: TokenPurpose, *ids: UUID) -> str:
    body = b"".join(each.bytes for each in ids)
    return base64.b32encode(body + _mac(settings.SECRET_KEY, purpose, body)).decode().rstrip("=").lower()


def verify(purpose: TokenPurpose, token: str) -> tuple[UUID, ...]:
    """The ids a token names. Keys that were in use before (`SECRET_KEY_FALLBACKS`) still open it: mails live for years.

    Raises:
        Forged: It was not made here, or for another purpose.
    """
    raw = _decoded(token)
    body, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    if not body or len(body) % UUID_BYTES:
        raise ForgedTokenError("This link is not valid.")
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    if not any(hmac.compare_digest(mac, _mac(key, purpose, body)) for key in keys):
        raise ForgedTokenError("This link was not made here.")
    return tuple(UUID(bytes=body[at : at + UUID_BYTES]) for at in range(0, len(body), UUID_BYTES))


def _decoded(token: str) -> bytes:
    if not token.isascii() or len(token) > 200:
        raise ForgedTokenError("This link is not valid.")
    try:
        raw = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    except (binascii.Error, ValueError):
        raise ForgedTokenError("This link is not valid.") from None
    # Unused bits at the end would let one token be written in several ways.
    if base64.b32encode(raw).decode().rstrip("=") != token.upper():
        raise ForgedTokenError("This link is not valid.")
    return raw


def _mac(key: str | bytes, purpose: TokenPurpose, body: bytes) -> bytes:
    return hmac.new(_key(key, purpose), body, sha256).digest()[:MAC_BYTES]


@lru_cache(maxsize=32)
def _key(key: str | bytes, purpose: TokenPurpose) -> bytes:
    secret = key.encode() if isinstance(key, str) else key
    return hmac.new(secret, f"miniatures.campaigns.token.{purpose}".encode(), sha256).digest()
