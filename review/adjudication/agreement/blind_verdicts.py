"""Blind verdicts, the data on agreement: each reviewer's verdict on a draft before they could see another's.

Drafts that at least two judged one by one count. Of each reviewer the last word stands that they gave before the other
verdicts stood; what came after the draft was ruled on, or sent back, is no longer blind. Left out: verdicts in bulk,
late ones, those taken back, drafts with a known answer, and a lead's verdict that settled a dispute.

Rows are read as the database hands them over, without Django's conversions: a hundred thousand of them are a second
then.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Case, Count, F, QuerySet, TextField, Value, When
from django.db.models.functions import Cast

from review.adjudication.agreement.columns import VerdictColumns
from review.drafts.draft_filters import drafts_named_in
from review.models import Assignment, Decision, KnownAnswer, Ruling, Task
from review.states import AssignmentState, RulingKind, Verdict
from web.db.chunks import chunked

CHUNK = 500
# A verdict that settles a dispute is written in the moment of its ruling.
_SAME_MOMENT = timedelta(seconds=5)
_READ = ("draft_id", "id", "reviewer_id", "verdict", "at", "retracts_id", "edit_size", "ratings", "text")


class BlindVerdict(NamedTuple):
    """One reviewer's word on one draft, as read; ids in hex, the time as the database writes it.

    Attributes:
        edit_size: Share of words changed, where it was measured.
        ratings: JSON text.
        text: Stands for the text it ends with: equal texts have equal ones; empty for a reject.
    """

    draft: str
    id: str
    reviewer: str
    verdict: str
    at: str
    retracts: str | None
    edit_size: float | None
    ratings: Any
    text: str


def read_columns(task: Task) -> VerdictColumns:
    """Return, as columns, the blind verdicts on those drafts of a task that several reviewers judged."""
    first_at, settling = _ruled(task)
    columns = VerdictColumns()
    doubtful: dict[str, list[BlindVerdict]] = {}
    for draft, group in groupby(_rows(task), key=itemgetter(0)):
        words_of_draft = list(group)
        is_plain = all(word[3] != Verdict.RETRACT for word in words_of_draft) and len(
            {word[2] for word in words_of_draft}
        ) == len(words_of_draft)
        if is_plain and draft not in first_at:
            _add(columns, words_of_draft)
        else:
            doubtful[draft] = words_of_draft
    required = _wanted(task, list(doubtful))
    for draft, words_of_draft in doubtful.items():
        ruled_at = first_at.get(draft)
        counting = [
            word
            for word in words_of_draft
            if word.id not in settling and (ruled_at is None or _moment(word.at) <= ruled_at)
        ]
        _add(columns, list(while_blind(counting, required=required.get(draft, 1))))
    return columns


def while_blind(verdicts: Iterable[BlindVerdict], *, required: int = 1) -> Iterable[BlindVerdict]:
    """Return each reviewer's blind verdict on one draft, from its decisions in order of time.

    Blindness ends when as many verdicts stand as the draft takes, two at least. Whoever joins later counts by their
    first word then; whoever counted already does not change it any more.
    """
    standing: dict[str, BlindVerdict] = {}
    settled: dict[str, BlindVerdict] = {}
    for word in verdicts:
        if settled:
            if word.verdict != Verdict.RETRACT:
                settled.setdefault(word.reviewer, word)
        elif word.verdict == Verdict.RETRACT:
            taken = standing.get(word.reviewer)
            if taken is not None and taken.id == word.retracts:
                del standing[word.reviewer]
        else:
            standing[word.reviewer] = word
            if len(standing) >= max(2, required):
                settled = dict(standing)
    return (settled or standing).values()


def _add(columns: VerdictColumns, verdicts: list[BlindVerdict]) -> None:
    if len(verdicts) < 2:
        return
    unit = columns.new_unit()
    for word in verdicts:
        size = 0.0 if word.verdict == Verdict.ACCEPT else word.edit_size
        ratings = word.ratings if isinstance(word.ratings, str) else json.dumps(word.ratings or {})
        columns.add(
            unit,
            word.reviewer,
            word.verdict,
            day=word.at[:10],
            size=size,
            ratings=ratings,
            text=word.text,
            decision=word.id,
        )


def _rows(task: Task) -> Iterator[BlindVerdict]:
    known_answers = KnownAnswer.objects.filter(task=task).values("draft")
    one_by_one = Decision.objects.filter(task=task, bulk__isnull=True, is_late=False).exclude(draft__in=known_answers)
    several = (
        one_by_one.exclude(verdict=Verdict.RETRACT)
        .order_by()
        .values("draft")
        .annotate(reviewers=Count("reviewer", distinct=True))
        .filter(reviewers__gte=2)
        .values("draft")
    )
    # An accept ends with the draft's own text, whose hash the decision holds; only edits are read.
    text = Case(
        When(verdict=Verdict.EDIT, then=Cast("fields", TextField())),
        When(verdict=Verdict.ACCEPT, then=F("before_hash")),
        default=Value(""),
        output_field=TextField(),
    )
    at = Cast("created_at", TextField())
    rows = one_by_one.filter(draft__in=several).annotate(text=text, at=at).order_by("draft_id", "created_at", "id")
    return _raw(rows.values_list(*_READ))


def _raw(rows: QuerySet[Any, Any]) -> Iterator[BlindVerdict]:
    sql, params = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        while batch := cursor.fetchmany(CHUNK):
            for row in batch:
                yield BlindVerdict(
                    _hex(row[0]), _hex(row[1]), _hex(row[2]), row[3], row[4], row[5] and _hex(row[5]), *row[6:]
                )


def _hex(key: str | UUID) -> str:
    return key if isinstance(key, str) else str(key.hex)


def _moment(at: str) -> datetime:
    """Both databases write UTC; SQLite does not say so."""
    moment = datetime.fromisoformat(at)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _wanted(task: Task, drafts: list[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for chunk in chunked(drafts, CHUNK):
        rows = drafts_named_in(task).filter(pk__in=[UUID(key) for key in chunk])
        counts.update((pk.hex, count) for pk, count in rows.values_list("pk", "verdicts_wanted"))
    return counts


def _ruled(task: Task) -> tuple[dict[str, datetime], set[str]]:
    """Return the time of each draft's first ruling, and the verdicts that leads gave only to settle a dispute."""
    rulings = Ruling.objects.filter(draft__task=task).exclude(kind=RulingKind.LEAVE).order_by("created_at")
    first_at: dict[str, datetime] = {}
    settling: set[UUID] = set()
    rows = rulings.values_list(
        "draft_id", "created_at", "kind", "decision_id", "lead_id", "decision__reviewer_id", "decision__created_at"
    )
    for draft_id, at, kind, decision_id, lead, author, said_at in rows:
        first_at.setdefault(draft_id.hex, at)
        if kind == RulingKind.SETTLE and lead == author and at - said_at < _SAME_MOMENT:
            settling.add(decision_id)
    judged = Assignment.objects.filter(
        state=AssignmentState.DONE, draft__decisions__in=settling, reviewer=F("draft__decisions__reviewer")
    )
    # Who had the card on their deck judged it before they settled it.
    own = settling - set(judged.values_list("draft__decisions__pk", flat=True))
    return first_at, {pk.hex for pk in own}
