"""Decisions that teach: the latest that stand, of the training split alone. Reads rows; writes none.

What stands in the validation or test split is held out: a teacher that saw it would be measured on what it was told.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from generation.learning.cases import Case
from review.datasets import plain_golds
from review.models import Decision, KnownAnswer, Task
from review.spec.schema import Fields
from review.states import Split, Verdict
from web.db.chunks import chunked

DEFAULT_DECISIONS = 200
MAX_DECISIONS = 500
CHUNK = 500


def latest(task: Task, *, at_most: int = DEFAULT_DECISIONS) -> list[Case]:
    """The latest decisions that stand, newest first; none on what was erased, revoked, known, or judged among many."""
    usable = (
        Decision.objects.filter(
            task=task,
            draft__record__split=Split.TRAIN,
            draft__erased_at__isnull=True,
            draft__revocation__isnull=True,
            bulk__isnull=True,
        )
        .exclude(verdict=Verdict.RETRACT)
        .exclude(Exists(Decision.objects.filter(retracts=OuterRef("pk"))))
        .exclude(Exists(KnownAnswer.objects.filter(draft=OuterRef("draft"))))
    )
    return [
        _case(decision)
        for decision in _with_texts(usable).order_by("-created_at", "-id")[: min(at_most, MAX_DECISIONS)]
    ]


def read(decision_ids: Sequence[str]) -> list[Case]:
    """These decisions, in their order; what was erased or revoked since is left out."""
    decisions: dict[str, Decision] = {}
    for chunk in chunked(decision_ids, CHUNK):
        rows = _with_texts(plain_golds.still_usable([UUID(pk) for pk in chunk]))
        decisions.update((str(row.pk), row) for row in rows)
    return [_case(decisions[pk]) for pk in decision_ids if pk in decisions]


def _with_texts(decisions: QuerySet[Decision]) -> QuerySet[Decision]:
    return decisions.select_related("draft__record").defer(
        "draft__messages", "draft__parameters", "draft__marks", "draft__labelled_defects"
    )


def _case(decision: Decision) -> Case:
    draft: Fields = decision.draft.fields
    approved = decision.verdict in (Verdict.ACCEPT, Verdict.EDIT)
    return Case(
        decision=str(decision.pk),
        verdict=decision.verdict,
        facts=decision.draft.record.facts,
        draft=draft,
        final=(decision.fields or draft) if approved else None,
        reasons=tuple(decision.reasons),
        note=decision.note,
    )
