"""Puts the best of a record's drafts on the desk and leaves the others off it, by checks or by what a judge said.

What a machine chose is no preference of an expert, so nothing of it is written where experts' choices are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from generation.diversity.mix import MixSettings
from generation.models import BestOf, Call, LeftOut, Order
from generation.states import CallState, ChosenBy, LeftOutReason, Settlement, UncertainPolicy
from review.drafts.intake import put_on_desk
from review.models import Draft
from review.text import checks
from web.db.chunks import chunked

# What one mark weighs: what must not go out counts far more than what a person should look at.
WEIGHTS = {"error": 10, "warning": 1}
CHUNK = 500


def choose_complete(order: Order, record_ids: Collection[UUID]) -> None:
    """Choose, where checks do, for those of these records of which every draft has come or will not.

    A resume asks again for calls that were left unasked, failed unpaid, or are in doubt where the order repeats those.
    """
    if MixSettings.model_validate(order.variety).best_of != "checks":
        return
    totals = Counter(order.record_ids[index % len(order.record_ids)] for index in range(order.count))
    ended: Counter[str] = Counter()
    ids = sorted(record_ids)
    for chunk in chunked(ids, CHUNK):
        calls = Call.objects.filter(order=order, record_id__in=chunk).exclude(state=CallState.SENT)
        calls = calls.exclude(state=CallState.FAILED, cost_usd=0, is_corrected=False)
        if order.uncertain_policy == UncertainPolicy.RETRY:
            calls = calls.exclude(state=CallState.UNCERTAIN, settlement=Settlement.OPEN)
        # A call and the one that mends its answer have one place in the order.
        places = calls.values_list("record_id", "position").distinct().order_by()
        ended.update(str(record_id) for record_id, _ in places)
    choose_by_checks(order, [pk for pk in ids if ended[str(pk)] >= totals[str(pk)]])


def choose_by_checks(order: Order, record_ids: Sequence[UUID], *, note: str = "") -> None:
    """Choose the draft with the lightest marks of each of these records, one already chosen for excepted.

    Args:
        note: Why checks choose where a judge was to.
    """
    for drafts in undecided_drafts(order, record_ids).values():
        weights = {str(draft.pk): check_weight(draft) for draft in drafts}
        chosen = min(drafts, key=lambda draft: (weights[str(draft.pk)], _tie_break(order, draft)))
        by = ChosenBy.CHECKS if len(drafts) > 1 else ChosenBy.ALONE
        record_best(order, drafts, chosen, by=by, weights=weights, note=note if len(drafts) > 1 else "")


def record_best(
    order: Order,
    drafts: Sequence[Draft],
    choice: Draft,
    *,
    by: ChosenBy,
    weights: dict[str, int] | None = None,
    call: Call | None = None,
    lineup: Sequence[str] = (),
    note: str = "",
) -> None:
    """Write a choice down, put its draft on the desk and leave the others off it. A second choice changes nothing."""
    _, is_new = BestOf.objects.get_or_create(
        order=order,
        record_id=choice.record_id,
        defaults={
            "chosen": choice,
            "by": by,
            "drafts": sorted(str(draft.pk) for draft in drafts),
            "weights": weights or {},
            "call": call,
            "shown": list(lineup),
            "note": note[:200],
        },
    )
    if not is_new:
        return
    put_on_desk([choice])
    _leave_out(order, drafts, {choice.record_id: choice.pk})


def undecided_drafts(order: Order, record_ids: Sequence[UUID]) -> dict[UUID, list[Draft]]:
    """Return, by record, the drafts of an order to choose among; records that have a choice are absent.

    A draft that comes after its record's choice, from a job that was resumed, is left off the desk here. A recalled
    one is chosen only where its record has no other: it waits for the recall's undo, see `put_choices_on_desk`.
    """
    undecided: dict[UUID, list[Draft]] = defaultdict(list)
    for ids in chunked(record_ids, CHUNK):
        choices = dict(BestOf.objects.filter(order=order, record_id__in=ids).values_list("record_id", "chosen_id"))
        rows = (
            Draft.objects.filter(job_id=order.job_id, record_id__in=ids, left_out__isnull=True, erased_at=None)
            .select_related("record", "task_version", "revocation")
            .order_by("record_id", "created_at", "id")
        )
        _leave_out(order, rows, choices)
        for row in rows:
            if row.record_id not in choices:
                undecided[row.record_id].append(row)
    return {
        record_id: [draft for draft in options if not hasattr(draft, "revocation")] or options
        for record_id, options in undecided.items()
    }


def put_choices_on_desk(draft_ids: Sequence[UUID], since: datetime) -> None:
    """Put those of these drafts on the desk that were chosen while they were recalled, since that moment."""
    for ids in chunked(draft_ids, CHUNK):
        chosen = BestOf.objects.filter(chosen__in=ids, created_at__gte=since).values("chosen")
        put_on_desk(Draft.objects.filter(pk__in=chosen).order_by("queue_position"))


def check_weight(draft: Draft) -> int:
    """Weigh what the task's checks say of a draft: less is better. Asked here, since large batches' marks are late."""
    marks = checks.run(draft.task_version.spec, draft.record.facts, draft.fields)
    return sum(WEIGHTS[mark.severity] for mark in marks)


def _leave_out(order: Order, drafts: Iterable[Draft], choices: Mapping[UUID, UUID]) -> None:
    """Leave drafts off the desk that are not their record's choice; those of records without one stay."""
    rows = [
        LeftOut(
            call_id=UUID(draft.call_id),
            order=order,
            draft=draft,
            reason=LeftOutReason.NOT_BEST,
            because_of_id=choices[draft.record_id],
        )
        for draft in drafts
        if draft.call_id and draft.pk != choices.get(draft.record_id, draft.pk)
    ]
    LeftOut.objects.bulk_create(rows, ignore_conflicts=True)


def _tie_break(order: Order, draft: Draft) -> str:
    """Decide between equals: the same each time, and to no teacher's or the earliest's advantage."""
    return sha256(f"{order.pk}:{draft.call_id}".encode()).hexdigest()
