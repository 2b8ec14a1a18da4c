"""Tombstones, which replace a person's texts.

Pure Python. Equal texts get equal tombstones, so that golds rebuild alike.
"""

from __future__ import annotations

from typing import Any

from review.spec.prompting import fields_hash
from review.spec.schema import Fields


def tombstone_of(fields: Fields) -> Fields:
    """The tombstone of a draft's fields: the same names, and the hash of what stood there in place of every text."""
    word = f"[erased {fields_hash(fields)}]"
    return {name: _buried(value, word) for name, value in fields.items()}


def _buried(value: object, word: str) -> Any:
    if isinstance(value, list):
        return [dict.fromkeys(element, word) for element in value[:1] if isinstance(element, dict)]
    return word
