"""Which verdicts are data on agreement: what each reviewer said of a draft before anybody could know of another's.

Drafts that at least two judged one by one count. Of each reviewer the last word stands that they gave before the other
verdicts stood; what came after the draft was ruled on, or sent back, is no longer blind. Left out: verdicts in bulk, late
ones, those taken back, drafts with a known answer, and a lead's verdict that settled a dispute.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Case, Count, F, TextField, Value, When
from django.db.models.functions import Cast

from review.models import Assignment, Decision, Ruling, Task
from review.states import AssignmentState, RulingKind, Verdict

CHUNK = 5000
# A verdict that settles a dispute is written in the moment of its ruling.
_SAME_MOMENT = timedelta(seconds=5)


class Word(NamedTuple):
    """One reviewer's word on one draft.

    Attributes:
        text: Stands for the text it ends with: equal texts have equal ones; empty for a reject.
        edit_size: Share of words changed; 0 for an accept, None for a reject or where it was not measured.
    """

    id: UUID
    candidate: UUID
    reviewer: UUID
    verdict: str
    at: datetime
    retracts: UUID | None
    edit_size: float | None
    ratings: dict[str, bool]
    text: str
    wanted: int


@dataclass(frozen=True, slots=True)
class Ruled:
    """What leads did on drafts: when each was first ruled on, and which decisions are their own settling words."""

    first_at: dict[UUID, datetime]
    settling: frozenset[UUID]


def blind(task: Task) -> Iterator[list[Word]]:
    """For each draft that several judged, their words, one a reviewer; two or more."""
    ruled = _ruled(task)
    for candidate_id, said in groupby(_rows(task), key=lambda word: word.candidate):
        first_at = ruled.first_at.get(candidate_id)
        counting = (word for word in said if word.id not in ruled.settling)
        words = list(while_blind(word for word in counting if first_at is None or word.at <= first_at))
        if len(words) >= 2:
            yield words


def while_blind(said: Iterable[Word]) -> Iterable[Word]:
    """Of everything said of one draft, in order of time, each reviewer's last word while they could not know of others'.

    Blindness ends when as many verdicts stand as the draft takes, two at least. Whoever joins later counts by their first
    word then; whoever counted already does not change it any more.
    """
    standing: dict[UUID, Word] = {}
    settled: dict[UUID, Word] = {}
    for word in said:
        if settled:
            if word.verdict != Verdict.RETRACT:
                settled.setdefault(word.reviewer, word)
        elif word.verdict == Verdict.RETRACT:
            taken = standing.get(word.reviewer)
            if taken is not None and taken.id == word.retracts:
                del standing[word.reviewer]
        else:
            standing[word.reviewer] = word
            if len(standing) >= max(2, word.wanted):
                settled = dict(standing)
    return (settled or standing).values()


def _rows(task: Task) -> Iterator[Word]:
    one_by_one = Decision.objects.filter(
        task=task, bulk__isnull=True, is_late=False, candidate__known_answer__isnull=True
    )
    several = (
        one_by_one.exclude(verdict=Verdict.RETRACT).order_by().values("candidate")
        .annotate(reviewers=Count("reviewer", distinct=True)).filter(reviewers__gte=2).values("candidate")
    )  # fmt: skip
    # An accept ends with the draft's own text, whose hash the decision holds; only edits are read.
    text = Case(
        When(verdict=Verdict.EDIT, then=Cast("fields", TextField())),
        When(verdict=Verdict.ACCEPT, then=F("before_hash")),
        default=Value(""),
        output_field=TextField(),
    )
    rows: Any = (
        one_by_one.filter(candidate__in=several).annotate(text=text)
        .order_by("candidate_id", "created_at", "id")
        .values_list("id", "candidate_id", "reviewer_id", "verdict", "created_at", "retracts_id", "edit_size", "ratings",
                     "text", "candidate__verdicts_wanted")
    )  # fmt: skip
    for row in rows.iterator(chunk_size=CHUNK):
        word = Word(*row)
        # Texts are kept as hashes: a hundred thousand edits need not lie in memory.
        yield word._replace(text=str(hash(word.text)) if word.verdict == Verdict.EDIT else word.text,
                            edit_size=0.0 if word.verdict == Verdict.ACCEPT else word.edit_size)  # fmt: skip


def _ruled(task: Task) -> Ruled:
    rulings = Ruling.objects.filter(candidate__task=task).exclude(kind=RulingKind.LEAVE).order_by("created_at")
    first_at: dict[UUID, datetime] = {}
    settling: set[UUID] = set()
    rows = rulings.values_list(
        "candidate_id", "created_at", "kind", "decision_id", "lead_id", "decision__reviewer_id", "decision__created_at"
    )
    for candidate_id, at, kind, decision_id, lead, author, said_at in rows:
        first_at.setdefault(candidate_id, at)
        if kind == RulingKind.SETTLE and lead == author and at - said_at < _SAME_MOMENT:
            settling.add(decision_id)
    judged = Assignment.objects.filter(
        state=AssignmentState.DONE, candidate__decisions__in=settling, reviewer=F("candidate__decisions__reviewer")
    )
    # Who had the card in hand judged it before they settled it.
    return Ruled(first_at, frozenset(settling - set(judged.values_list("candidate__decisions__pk", flat=True))))
