"""The ETag of a card: one draft in front of one reviewer under one task version.

Pure Python. It knows no lease: renewing one, or losing and regaining it, leaves the tag as it is.
"""

from __future__ import annotations

import hashlib
from uuid import UUID


def of_card(*, candidate_id: UUID, reviewer_id: UUID, version_id: UUID, fields_hash: str) -> str:
    """The tag, 40 hex characters; it changes when the text or the task's wording in front of the reviewer does."""
    parts = (candidate_id.hex, reviewer_id.hex, version_id.hex, fields_hash)
    return hashlib.sha256(":".join(parts).encode()).hexdigest()[:40]


def from_header(value: str | None) -> str | None:
    """The bare tag of an `If-Match` header, or nothing when none came."""
    if value is None or not value.strip():
        return None
    return value.strip().removeprefix("W/").strip('"')
