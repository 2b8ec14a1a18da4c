"""Tombstones, which replace a person's texts.

Pure Python. Equal texts get equal tombstones, so that golds rebuild alike.
"""

from __future__ import annotations

import re
from typing import Any, Final

from review.spec.prompting import fields_hash
from review.spec.schema import Fields

_WORD: Final = re.compile(r"\[erased [0-9a-f]{64}\]")


def tombstone_of(fields: Fields) -> Fields:
    """The tombstone of a draft's fields: the same names, and the hash of what stood there in place of every text.

    That of a tombstone is itself.
    """
    if _is_buried(fields):
        return fields
    word = f"[erased {fields_hash(fields)}]"
    return {name: _buried(value, word) for name, value in fields.items()}


def _buried(value: object, word: str) -> Any:
    if isinstance(value, list):
        return [dict.fromkeys(element, word) for element in value[:1] if isinstance(element, dict)]
    return word


def _is_buried(value: object) -> bool:
    if isinstance(value, (dict, list)):
        return all(map(_is_buried, value.values() if isinstance(value, dict) else value))
    return isinstance(value, str) and _WORD.fullmatch(value) is not None
