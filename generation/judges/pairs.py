"""Has a judge compare two systems on the same records, blind and in both orders: priced, paid for and journalled as verdicts are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from audit import trail
from generation.judges import launch as judges
from generation.judges import pair_prompt
from generation.judges.launch import MOST_TEXTS, SampledCall
from generation.judges.reviewed import TextToJudge
from generation.models import JudgedPair, Judging, Order, Teacher
from generation.orders import launch as orders
from generation.orders.launch import OrderRequest, Quote
from generation.states import Purpose
from members.models import Member
from review.models import TaskVersion
from review.spec.prompting import Message
from review.spec.task_spec import TaskSpec
from review.states import Role
from review.tasks import permissions
from web.errors import Refusal

# Each is asked for twice.
MOST_PAIRS = MOST_TEXTS // 2
_CHUNK = 500

Pair = tuple[TextToJudge, TextToJudge]


@dataclass(frozen=True)
class PairSubject:
    """Two systems that a judge compares.

    Attributes:
        url: Its page, without a host.
        first: How tables call the one system; `second` the other.
        pairs: Their texts on the same records, so many drawn at random.
    """

    name: str
    pk: UUID
    url: str
    version: TaskVersion
    first: str
    second: str
    pairs: Callable[[int], Sequence[Pair]]


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
    sample = judges.sampled(pairs, words=lambda pair: pair[0].words + pair[1].words)
    calls = [SampledCall(one.record_id, (one.fields, other.fields)) for one, other in sample]

    def asked(spec: TaskSpec, call: SampledCall, facts: dict[str, object]) -> list[Message]:
        return pair_prompt.conversation(spec, facts, *call.texts)

    return judges.priced(
        subject.version, calls, asked, judge=judge, answered=pair_prompt.answer_task(), count=2 * len(pairs)
    )


@transaction.atomic
def launch(
    subject: PairSubject, pairs: Sequence[Pair], *, judge: Teacher, by: Member, max_cost_usd: Decimal | None
) -> Judging:
    """Have a judge compare each pair in both orders.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: As for `quote`, or `budget_missing`, `budget_too_small`, `budget_used_up`.
    """
    quoted, task = quote(subject, pairs, judge=judge, by=by), subject.version.task
    request = OrderRequest(
        task, teacher=judge, count=2 * len(pairs), by=by, max_cost_usd=max_cost_usd, purpose=Purpose.RUBRIC
    )
    order = orders.place(request, quoted, title=f"{judge.name} compares {len(pairs):,} pairs"[:160])
    made = Judging.objects.create(
        task=task,
        order=order,
        subject=subject.name[:200],
        subject_id=subject.pk,
        subject_url=subject.url,
        first=subject.first,
        second=subject.second,
        prompt_version=pair_prompt.PROMPT_VERSION,
        created_by=by,
    )
    rows = (
        JudgedPair(
            judging=made,
            place=place,
            record_id=one.record_id,
            first_fields=one.fields,
            second_fields=other.fields,
            longer=(one.words > other.words) - (one.words < other.words),
        )
        for place, (one, other) in enumerate(pairs)
    )
    JudgedPair.objects.bulk_create(rows, batch_size=_CHUNK)
    trail.record("texts_judged", by=by, about=order, task=task.slug, teacher=judge.slug, count=2 * len(pairs))
    return made


def conversations(order: Order) -> dict[str, list[Message]]:
    """The conversations of an order for comparisons, by the ids of its calls: of each pair one, then one the other way round.

    Raises:
        Refusal: `text_gone`, the record of a pair was erased since.
    """
    found: dict[str, list[Message]] = {}
    spec, ids = order.task_version.spec, order.record_ids
    rows = JudgedPair.objects.filter(judging__order=order).select_related("record").order_by("place")
    for pair in rows.iterator(chunk_size=_CHUNK):
        if not (pair.first_fields and pair.second_fields):
            raise Refusal("text_gone", "A text to judge was erased.", hint="Cancel this and order the rest again.")
        texts, facts = (pair.first_fields, pair.second_fields), pair.record.facts
        found[ids[2 * pair.place]] = pair_prompt.conversation(spec, facts, *texts)
        found[ids[2 * pair.place + 1]] = pair_prompt.conversation(spec, facts, *reversed(texts))
    return found


def answer_task(order: Order) -> TaskSpec:
    return pair_prompt.answer_task()
