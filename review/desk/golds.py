"""Golds: the one decision that counts for each draft. Written with each decision or ruling, and rebuilt identically.

Knows the rule and the rows; does not know who may decide.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from review.drafts.queries import is_in_use
from review.models import Decision, Draft, Gold, KnownAnswer, Ruling
from review.states import RULES_NOTHING, DraftState, RulingKind, Verdict
from web.db.compiled_query import CompiledInsert

CHUNK = 1000
# Of a decision, what tells whether it counts; in the order of its columns.
_LIGHT = ("id", "draft_id", "task_id", "verdict", "is_late", "retracts_id", "created_at")
_KNOWN = Exists(KnownAnswer.objects.filter(draft=OuterRef("pk")))
_WRITE = CompiledInsert(Gold, on_conflict=None)


def resolving(
    decisions: Iterable[Decision],
    *,
    ruled: UUID | None = None,
    sent_back: Collection[UUID] = (),
    required: int = 1,
) -> Decision | None:
    """The decision that counts, or None.

    What a lead ruled counts. Else of those that stand the earliest, if there are as many as the draft takes and all of
    them end with the same text; where they differ nothing counts until a lead rules.

    Args:
        decisions: All decisions of one draft, in any order.
        ruled: The decision named by the ruling in force, if one is.
        sent_back: Decisions a lead sent back to their authors.
        required: How many verdicts the draft takes.
    """
    all_decisions = list(decisions)
    if ruled is not None:
        return next(decision for decision in all_decisions if decision.pk == ruled)
    standing_rows = standing_decisions(all_decisions, sent_back=sent_back)
    if len(standing_rows) < max(1, required) or any(
        decision.fields != standing_rows[0].fields for decision in standing_rows[1:]
    ):
        return None
    return standing_rows[0]


def standing_decisions(decisions: Iterable[Decision], *, sent_back: Collection[UUID] = ()) -> list[Decision]:
    """Verdicts neither late nor taken back nor sent back, the earliest first."""
    all_decisions = list(decisions)
    taken_back = {decision.retracts_id for decision in all_decisions if decision.verdict == Verdict.RETRACT}
    result = [
        decision
        for decision in all_decisions
        if decision.verdict != Verdict.RETRACT
        and not decision.is_late
        and decision.pk not in taken_back
        and decision.pk not in sent_back
    ]
    return sorted(result, key=lambda decision: (decision.created_at, decision.pk))


def in_force(draft_id: UUID) -> Ruling | None:
    """The ruling that says what counts for a draft: the latest that rules on it, unless it reopened the draft."""
    last = Ruling.objects.filter(draft_id=draft_id).exclude(kind__in=RULES_NOTHING).last()
    return last if last is not None and last.decision_id is not None else None


def sent_back_on(draft_id: UUID) -> set[UUID]:
    """Decisions on a draft that a lead sent back to their authors."""
    sent = Ruling.objects.filter(draft_id=draft_id, kind=RulingKind.SEND_BACK)
    return {pk for pk in sent.values_list("decision_id", flat=True) if pk}


def write(decision: Decision) -> Gold:
    """Point the draft's gold at a decision that resolves it. Runs inside the decision's transaction."""
    return _WRITE(as_gold(decision))


def refresh(draft_id: UUID) -> Gold | None:
    """Recompute the gold of one draft after more was said of it. Runs inside that transaction."""
    return _refreshed(draft_id)[0]


def resolve(draft_id: UUID) -> DraftState:
    """The same, and where the draft stands then: judged, disputed, or waiting for further verdicts.

    Runs under the lock of the draft's row; the state is the caller's to write. A draft with a known answer, or out of
    use, is kept.
    """
    gold, decisions, draft = _refreshed(draft_id)
    if gold is not None:
        return DraftState.DECIDED
    if _is_known(draft) or not is_in_use(draft):
        return DraftState.KEPT
    return DraftState.PENDING if len(decisions) < draft.verdicts_wanted or not decisions else DraftState.DISPUTED


def _refreshed(draft_id: UUID) -> tuple[Gold | None, list[Decision], Draft]:
    Gold.objects.filter(draft_id=draft_id).delete()
    draft = Draft.objects.annotate(is_known=_KNOWN).only("verdicts_wanted").get(pk=draft_id)
    ruling, sent_back = in_force(draft_id), sent_back_on(draft_id)
    decisions = list(Decision.objects.filter(draft_id=draft_id))
    decision = None
    if not _is_known(draft):
        ruled = ruling.decision_id if ruling else None
        decision = resolving(decisions, ruled=ruled, sent_back=sent_back, required=draft.verdicts_wanted)
    return (None if decision is None else write(decision)), standing_decisions(decisions, sent_back=sent_back), draft


def _is_known(draft: Draft) -> bool:
    return bool(cast(Any, draft).is_known)


def as_gold(decision: Decision) -> Gold:
    """The row a decision makes; nothing in it comes from elsewhere, so a rebuild gives the same."""
    return Gold(
        draft_id=decision.draft_id,
        task_id=decision.task_id,
        decision_id=decision.pk,
        verdict=decision.verdict,
        decided_at=decision.created_at,
    )


def rebuild() -> int:
    """Rebuild all golds from decisions and rulings, in one transaction; memory grows with the rulings alone.

    Returns:
        How many golds there are now.
    """
    with transaction.atomic():
        Gold.objects.all().delete()
        written, batch = 0, []
        for gold in from_decisions():
            batch.append(gold)
            if len(batch) == CHUNK:
                written += len(Gold.objects.bulk_create(batch))
                batch = []
        return written + len(Gold.objects.bulk_create(batch))


def from_decisions() -> Iterator[Gold]:
    """The golds that decisions and rulings make, by draft.

    Nothing is written, and memory grows with the rulings alone.
    """
    ruled, sent_back = _ruled_decisions(), _sent_back()
    counting = Decision.objects.filter(draft__known_answer__isnull=True).order_by("draft_id", "created_at")
    rows = counting.values_list(*_LIGHT, "draft__verdicts_wanted").iterator(chunk_size=CHUNK)
    for draft_id, group in groupby(rows, key=itemgetter(_LIGHT.index("draft_id"))):
        draft_rows = list(group)
        # Texts are read only where verdicts must be compared.
        decisions = [Decision.from_db(None, _LIGHT, row[:-1]) for row in draft_rows]
        decision = resolving(decisions, ruled=ruled.get(draft_id), sent_back=sent_back, required=draft_rows[0][-1])
        if decision is not None:
            yield as_gold(decision)


def fingerprint(golds: Iterable[Gold] | None = None) -> str:
    """One hash over golds in the order of their drafts: which decision counts, and its verdict.

    Args:
        golds: By default those that are stored; `from_decisions()` gives the same hash unless one of them is wrong.
    """
    stored = Gold.objects.order_by("draft_id").values_list("draft_id", "verdict", "decision_id")
    rows = stored.iterator() if golds is None else ((each.draft_id, each.verdict, each.decision_id) for each in golds)
    digest = hashlib.sha256()
    for row in rows:
        digest.update(repr(tuple(map(str, row))).encode())
    return digest.hexdigest()


def _ruled_decisions() -> dict[UUID, UUID | None]:
    rulings = Ruling.objects.exclude(kind__in=RULES_NOTHING).order_by("created_at", "id")
    return dict(rulings.values_list("draft_id", "decision_id").iterator(chunk_size=CHUNK))


def _sent_back() -> set[UUID]:
    sent = Ruling.objects.filter(kind=RulingKind.SEND_BACK).values_list("decision_id", flat=True)
    return {pk for pk in sent.iterator(chunk_size=CHUNK) if pk}
