"""The ETags of the desk: of a card in front of one reviewer, and of all that was said of a draft.

Pure Python. It knows no lease: renewing one, or losing and regaining it, leaves a tag as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from members.models import Member
    from review.models import Draft


def etag_for(card: Draft, member: Member) -> str:
    """The tag of a card in front of a member, 40 hex characters.

    It changes when the text or the task's wording does.
    """
    parts = (card.pk.hex, member.pk.hex, card.task_version_id.hex, card.fields_hash)
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
