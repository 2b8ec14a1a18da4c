"""Hash rows of the trail, the same on every database. Pure Python."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

LEAF_DIGITS = 16


@dataclass(frozen=True, slots=True)
class DaySeal:
    """A day's rows in one hash.

    Attributes:
        leaves: Row id to the first digits of the row's hash, in the order of ids.
        digest: SHA-256 over the previous digest, the day and the full hash of every row, hex.
    """

    rows: int
    leaves: dict[int, str]
    digest: str


def row_hash(
    *, row_id: int, at: datetime, actor: str, act: str, subject_kind: str, subject_id: str, detail: Mapping[str, Any]
) -> str:
    """SHA-256 of a row's canonical JSON: a list of its values, time in UTC to the microsecond, keys sorted, ASCII."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    values = [row_id, moment, actor, act, subject_kind, subject_id, dict(detail)]
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def seal(previous: str, day: date, hashes: Iterable[tuple[int, str]]) -> DaySeal:
    """Seal a day.

    Args:
        previous: Digest of the day before; empty for the first.
        day: The UTC day.
        hashes: (row id, row hash) in the order of ids.
    """
    total = hashlib.sha256(f"{previous}\n{day.isoformat()}\n".encode())
    leaves: dict[int, str] = {}
    for row_id, digest in hashes:
        total.update(f"{row_id} {digest}\n".encode())
        leaves[row_id] = digest[:LEAF_DIGITS]
    return DaySeal(rows=len(leaves), leaves=leaves, digest=total.hexdigest())


def leaves_as_text(leaves: Mapping[int, str]) -> str:
    """Leaves as they are stored."""
    return " ".join(f"{row_id}:{digits}" for row_id, digits in leaves.items())


def leaves_of_text(text: str) -> dict[int, str]:
    """Stored leaves; what is no leaf is left out, and so differs from what it should be."""
    pairs = (part.partition(":") for part in text.split())
    return {int(row_id): digits for row_id, _, digits in pairs if row_id.isdigit()}
