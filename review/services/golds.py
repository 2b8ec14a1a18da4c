"""What counts: the one decision that resolves a candidate. Written with decision or ruling, rebuilt identically.

Knows the rule and the rows; does not know who may decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from uuid import UUID

from django.db import transaction

from review.models import Decision, Gold, Ruling
from review.states import RulingKind, Verdict

CHUNK = 1000


def resolving(decisions: Iterable[Decision], *, ruled: UUID | None = None) -> Decision | None:
    """The decision that counts, or None.

    What a lead ruled counts. Else of those neither late nor taken back the earliest, if all of them end with the same
    text; where they differ nothing counts until a lead rules.

    Args:
        decisions: All decisions of one candidate, in any order.
        ruled: The decision named by the ruling in force, if one is.
    """
    known = list(decisions)
    if ruled is not None:
        return next(decision for decision in known if decision.pk == ruled)
    found = standing(known)
    if not found or any(decision.fields != found[0].fields for decision in found[1:]):
        return None
    return found[0]


def standing(decisions: Iterable[Decision]) -> list[Decision]:
    """Verdicts neither late nor taken back, the earliest first."""
    known = list(decisions)
    taken_back = {decision.retracts_id for decision in known if decision.verdict == Verdict.RETRACT}
    found = [
        decision
        for decision in known
        if decision.verdict != Verdict.RETRACT and not decision.is_late and decision.pk not in taken_back
    ]
    return sorted(found, key=lambda decision: (decision.created_at, decision.pk))


def in_force(candidate_id: UUID) -> Ruling | None:
    """The ruling that says what counts for a draft: the latest but for `leave`, unless it reopened the draft."""
    last = Ruling.objects.filter(candidate_id=candidate_id).exclude(kind=RulingKind.LEAVE).last()
    return last if last is not None and last.decision_id is not None else None


def write(decision: Decision) -> Gold:
    """Point the candidate's gold at a decision that resolves it. Runs inside the decision's transaction."""
    gold = as_gold(decision)
    gold.save(force_insert=True)
    return gold


def refresh(candidate_id: UUID) -> Gold | None:
    """Recompute the gold of one candidate after more was said of it. Runs inside that transaction."""
    Gold.objects.filter(candidate_id=candidate_id).delete()
    ruling = in_force(candidate_id)
    said = Decision.objects.filter(candidate_id=candidate_id)
    decision = resolving(said, ruled=ruling.decision_id if ruling else None)
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
    """Write all golds anew from decisions and rulings, in one transaction; memory grows with the rulings alone.

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
    ruled = _ruled_decisions()
    # Texts are read only where verdicts must be compared.
    light = Decision.objects.only("id", "candidate_id", "task_id", "verdict", "is_late", "retracts_id", "created_at")
    ordered = light.order_by("candidate_id", "created_at").iterator(chunk_size=CHUNK)
    for candidate_id, decisions in groupby(ordered, key=lambda decision: decision.candidate_id):
        if (decision := resolving(decisions, ruled=ruled.get(candidate_id))) is not None:
            yield as_gold(decision)


def _ruled_decisions() -> dict[UUID, UUID | None]:
    rulings = Ruling.objects.exclude(kind=RulingKind.LEAVE).order_by("created_at", "id")
    return dict(rulings.values_list("candidate_id", "decision_id").iterator(chunk_size=CHUNK))
