"""What counts: the one decision that resolves a candidate. Written with the decision, rebuilt identically.

Knows the rule and the rows; does not know who may decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from uuid import UUID

from django.db import transaction

from review.models import Decision, Gold
from review.states import Verdict

CHUNK = 1000


def resolving(decisions: Iterable[Decision]) -> Decision | None:
    """The decision that counts: of those neither late nor taken back, the latest; None when none stands.

    Args:
        decisions: All decisions of one candidate, in any order.
    """
    known = list(decisions)
    taken_back = {decision.retracts_id for decision in known if decision.verdict == Verdict.RETRACT}
    standing = [
        decision
        for decision in known
        if decision.verdict != Verdict.RETRACT and not decision.is_late and decision.pk not in taken_back
    ]
    return max(standing, key=lambda decision: (decision.created_at, decision.pk), default=None)


def write(decision: Decision) -> Gold:
    """Point the candidate's gold at a decision that resolves it. Runs inside the decision's transaction."""
    gold = as_gold(decision)
    gold.save(force_insert=True)
    return gold


def refresh(candidate_id: UUID) -> Gold | None:
    """Recompute the gold of one candidate after a decision was taken back. Runs inside that transaction."""
    Gold.objects.filter(candidate_id=candidate_id).delete()
    decision = resolving(Decision.objects.filter(candidate_id=candidate_id))
    return None if decision is None else write(decision)


def as_gold(decision: Decision) -> Gold:
    """The row a decision makes; nothing in it comes from elsewhere, so a rebuild gives the same."""
    return Gold(
        candidate_id=decision.candidate_id,
        task_id=decision.task_id,
        decision_id=decision.pk,
        verdict=decision.verdict,
        decided_at=decision.created_at,
    )


def rebuild() -> int:
    """Write all golds anew from the decisions, in one transaction and flat memory.

    Returns:
        How many golds there are now.
    """
    with transaction.atomic():
        Gold.objects.all().delete()
        written, batch = 0, []
        for gold in _all_golds():
            batch.append(gold)
            if len(batch) == CHUNK:
                written += len(Gold.objects.bulk_create(batch))
                batch = []
        return written + len(Gold.objects.bulk_create(batch))


def _all_golds() -> Iterator[Gold]:
    light = Decision.objects.only("id", "candidate_id", "task_id", "verdict", "is_late", "retracts_id", "created_at")
    ordered = light.order_by("candidate_id", "created_at").iterator(chunk_size=CHUNK)
    for _, decisions in groupby(ordered, key=lambda decision: decision.candidate_id):
        if (decision := resolving(decisions)) is not None:
            yield as_gold(decision)
