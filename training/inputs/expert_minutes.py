"""Judged drafts that expert minutes buy of a frozen version: drawn by seed until their seconds are spent.

Seconds are those that were kept with the decisions. Rejected drafts cost theirs and bring no gold, so a version must
hold all verdicts for its minutes to be what they were.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from django.core.files.storage import default_storage

from review.datasets import queries
from review.desk.pace import LONGEST_CARD_S
from review.models import DatasetVersion
from review.spec.prompting import canonical_json
from review.states import Split, Verdict
from web.errors import Refusal

# Drafts of the first round are the teachers'; later ones were written by miniatures.
_TEACHERS_ROUND: Final = 1


@dataclass(frozen=True)
class TimedDraft:
    """A judged draft and what judging it took.

    Attributes:
        decision: Id of the decision that counts.
        key: Hash of facts and draft: the same wherever the same data was imported.
        seconds: Of all decisions on it, each counted for 300 s at most.
        by_miniature: Whether a miniature wrote it, in a later round.
    """

    decision: str
    record: str
    key: str
    seconds: float
    by_miniature: bool


def timed_drafts(version: DatasetVersion, *, by_miniature: bool = False) -> list[TimedDraft]:
    """Training drafts of a version whose judging was timed: those of teachers, or those of miniatures.

    Raises:
        Refusal: 409, not frozen.
    """
    file = queries.file_of(version, Split.TRAIN.value, "raw")
    if file is None:
        raise Refusal("not_frozen", f"{version} is not frozen yet.", status=409)
    return [draft for draft in _read(file.path, file.sha256) if draft.by_miniature == by_miniature]


def minutes_held(drafts: Iterable[TimedDraft]) -> int:
    """Whole minutes that judging some drafts took."""
    return int(sum(draft.seconds for draft in drafts) // 60)


def bought(drafts: Sequence[TimedDraft], *, seconds: float, seed: int) -> list[TimedDraft]:
    """The drafts whose judging a budget pays, in an order that the seed gives; budgets of one seed are nested.

    The first draft that would pass the budget ends it, however little the next would take: picking quick ones would buy
    another kind of draft.
    """
    left, paid = seconds, []
    for draft in sorted(drafts, key=lambda draft: _place(draft, seed)):
        if draft.seconds > left:
            break
        left -= draft.seconds
        paid.append(draft)
    return paid


def bought_of(version: DatasetVersion, *, minutes: int, seed: int, with_miniature: bool = False) -> list[TimedDraft]:
    """Return what so many minutes buy of a version; with a miniature's drafts half of them are spent on those.

    Raises:
        Refusal: 409, not frozen.
    """
    whole = 60.0 * minutes
    if not with_miniature:
        return bought(timed_drafts(version), seconds=whole, seed=seed)
    first = bought(timed_drafts(version), seconds=whole / 2, seed=seed)
    left = whole - sum(draft.seconds for draft in first)
    return first + bought(timed_drafts(version, by_miniature=True), seconds=left, seed=seed)


def _place(draft: TimedDraft, seed: int) -> tuple[bytes, str]:
    return hashlib.sha256(f"{seed}:{draft.key}".encode()).digest(), draft.decision


@lru_cache(maxsize=32)
def _read(path: str, sha256: str) -> tuple[TimedDraft, ...]:
    """Read once: a frozen file never changes."""
    with default_storage.open(path, "rb") as handle:
        rows = [json.loads(line) for line in handle]
    return tuple(draft for draft in map(_draft, rows) if draft is not None)


def _draft(row: Mapping[str, Any]) -> TimedDraft | None:
    """None without a duration of the decision that counts: it cannot be paid for."""
    decision = row["decision"]
    if not decision.get("seconds"):
        return None
    others = [each["seconds"] or 0.0 for each in row["decisions"] if _was_read(each) and each["id"] != decision["id"]]
    key = canonical_json([row["record"]["facts"], row["draft"]])
    return TimedDraft(
        decision=str(decision["id"]),
        record=str(row["record"]["id"]),
        key=hashlib.sha256(key.encode()).hexdigest(),
        seconds=sum(min(float(seconds), LONGEST_CARD_S) for seconds in (decision["seconds"], *others)),
        by_miniature=int(row["provenance"]["round"]) > _TEACHERS_ROUND,
    )


def _was_read(decision: Mapping[str, Any]) -> bool:
    return decision["verdict"] != Verdict.RETRACT and not decision.get("bulk") and not decision.get("imported_from")
