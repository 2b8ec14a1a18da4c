"""The ETags of the desk: of a card in front of one reviewer, and of all that was said of a draft.

Pure Python. It knows no lease: renewing one, or losing and regaining it, leaves a tag as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from uuid import UUID


def card_etag(*, draft_id: UUID, reviewer_id: UUID, version_id: UUID, fields_hash: str) -> str:
    """The tag, 40 hex characters; it changes when the text or the task's wording in front of the reviewer does."""
    parts = (draft_id.hex, reviewer_id.hex, version_id.hex, fields_hash)
    return hashlib.sha256(":".join(parts).encode()).hexdigest()[:40]


def draft_etag(draft_id: UUID, act_ids: Iterable[UUID]) -> str:
    """The tag of everything said of a draft, 40 hex characters; it changes with every decision and every ruling.

    Args:
        act_ids: Ids of its decisions and rulings, in any order.
    """
    parts = [draft_id.hex, *sorted(pk.hex for pk in act_ids)]
    return hashlib.sha256(":".join(parts).encode()).hexdigest()[:40]


def from_header(value: str | None) -> str | None:
    """The bare tag of an `If-Match` header, or nothing when none came."""
    if value is None or not value.strip():
        return None
    return value.strip().removeprefix("W/").strip('"')
