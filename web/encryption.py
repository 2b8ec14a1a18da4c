"""Secrets kept in rows: encrypted under the installation's own key, read back only where they are used.

Fernet (AES-128-CBC with HMAC-SHA256) under a key derived from SECRET_KEY; SECRET_KEY_FALLBACKS are read too, so that
the key can be changed.
"""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class DecryptionError(Exception):
    """A sealed text that no key of this installation opens: the key was changed, or the row came from elsewhere."""


def encrypt(text: str) -> str:
    return _keys().encrypt(text.encode()).decode()


def decrypt(sealed: str) -> str:
    """The text again.

    Raises:
        UnreadableError: No key of this installation opens it.
    """
    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise DecryptionError("This secret was sealed under another SECRET_KEY.") from error


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(_derived(key)) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _derived(key: str | bytes) -> bytes:
    own = key.encode() if isinstance(key, str) else key
    return base64.urlsafe_b64encode(hashlib.sha256(b"miniatures sealed rows\0" + own).digest())
