"""Has a judge compare two systems on the same records, blind and in both orders; priced and paid as verdicts are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from generation.judges import launch as judges
from generation.judges import pair_prompt
from generation.judges.launch import MOST_TEXTS, Origin
from generation.judges.reviewed import TextToJudge
from generation.models import JudgedPair, Judging, Teacher
from generation.orders.launch import Quote
from members.models import Member
from review.states import Role
from review.tasks import permissions
from web.errors import Refusal

# Each is asked for twice.
MOST_PAIRS = MOST_TEXTS // 2
_CHUNK = 500

Pair = tuple[TextToJudge, TextToJudge]


@dataclass(frozen=True)
class PairSubject(Origin):
    """Two systems that a judge compares.

    Attributes:
        first: How tables call the one system; `second` the other.
        pairs: Their texts on the same records, so many drawn at random.
    """

    first: str
    second: str
    pairs: Callable[[int], Sequence[Pair]]


# Two systems of one origin, by their names.
Subjects = Callable[[str, str], PairSubject]


def quote(subject: PairSubject, pairs: Sequence[Pair], *, judge: Teacher, by: Member) -> Quote:
    """Check an order for comparisons and price it; writes nothing.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: `same_system`, or as for `judges.quote`.
    """
    permissions.require(by, subject.version.task, Role.LEAD)
    if subject.first == subject.second:
        message = "A system is compared with another, not with itself."
        raise Refusal("same_system", message, errors={"second": [message]})
    judges.check([text for pair in pairs for text in pair], judge)
    sample = judges.sampled(pairs, length=lambda pair: pair[0].words + pair[1].words)
    facts = judges.facts_of(subject, [first for first, _ in sample])
    calls = [
        pair_prompt.conversation(subject.version.spec, own, first.fields, second.fields)
        for own, (first, second) in zip(facts, sample, strict=True)
    ]
    answered, count = pair_prompt.answer_task(), 2 * len(pairs)
    return judges.priced(subject.version, calls, judge=judge, answered=answered, count=count)


@transaction.atomic
def launch(
    subject: PairSubject, pairs: Sequence[Pair], *, judge: Teacher, by: Member, max_cost_usd: Decimal | None
) -> Judging:
    """Have a judge compare each pair in both orders.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: As for `quote`, or `budget_missing`, `budget_too_small`, `budget_used_up`.
    """
    quoted, verb = quote(subject, pairs, judge=judge, by=by), f"compares {len(pairs):,} pairs"
    judging = Judging(first=subject.first, second=subject.second, prompt_version=pair_prompt.PROMPT_VERSION)
    judges.place_order(judging, subject, quoted, verb, judge=judge, by=by, max_cost_usd=max_cost_usd)
    rows = (
        JudgedPair(
            judging=judging,
            place=place,
            record_id=first.record_id,
            first_fields=first.fields,
            second_fields=second.fields,
            longer=(first.words > second.words) - (first.words < second.words),
        )
        for place, (first, second) in enumerate(pairs)
    )
    JudgedPair.objects.bulk_create(rows, batch_size=_CHUNK)
    return judging
