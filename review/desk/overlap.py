"""Overlap: the drafts that several reviewers judge, blind to each other. Pure Python.

The draw is by the task's secret seed and the draft's id: the same every time it is asked, known to nobody in advance,
and of no cost to an import. It does not know who judged what.
"""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID

_RANGE = 2**64


def is_drawn(seed: str, draft_id: UUID, share: float) -> bool:
    """Return whether a draft is in the `share` (0 to 1) that several reviewers judge.

    A larger share contains every smaller one.
    """
    if share <= 0:
        return False
    digest = hmac.new(seed.encode(), b"overlap" + draft_id.bytes, hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") < share * _RANGE


def verdicts_wanted(seed: str, draft_id: UUID, *, share: float, reviewers: int) -> int:
    """Return the number of verdicts a draft takes before it resolves."""
    return max(1, reviewers) if is_drawn(seed, draft_id, share) else 1
