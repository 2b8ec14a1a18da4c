"""The key with which the product's own engines call `/v1`: signed, for days, kept nowhere."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.core import signing

NAME: Final = "MINIATURES_SERVING_KEY"
PREFIX: Final = "internal."
# Longer than an order may run before its engine restarts and gets a fresh one.
LIFETIME: Final = timedelta(days=14)
_SALT: Final = "serving.internal-key"


def make() -> str:
    return PREFIX + signing.dumps("serving", salt=_SALT)


def is_valid(key: str) -> bool:
    """Return whether a key was made here and is not too old."""
    if not key.startswith(PREFIX):
        return False
    try:
        return bool(signing.loads(key.removeprefix(PREFIX), salt=_SALT, max_age=LIFETIME) == "serving")
    except signing.BadSignature:
        return False
