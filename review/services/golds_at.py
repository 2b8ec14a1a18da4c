"""What counted at a moment that has passed: golds recomputed from the decisions and rulings made until then.

Decisions and rulings are never changed, so the answer for a moment stays the same for ever, but for what was erased.
"""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from uuid import UUID

from review.models import Decision, Ruling, Task
from review.services import golds
from review.states import RulingKind

CHUNK = 2000


def ids(task: Task, moment: datetime) -> frozenset[UUID]:
    """Decisions that resolved their drafts at the moment, by the rule of `golds.resolving`.

    Reads the task's decisions once, in one pass; memory holds one id a draft. A verdict brought in with a file counts
    from the time it names.
    """
    ruled = _ruled(task, moment)
    # Texts are loaded only where two verdicts must be compared.
    light = Decision.objects.filter(task=task, created_at__lte=moment).only(
        "id", "candidate_id", "task_id", "verdict", "is_late", "retracts_id", "created_at"
    )
    ordered = light.order_by("candidate_id", "created_at").iterator(chunk_size=CHUNK)
    resolved = (
        golds.resolving(said, ruled=ruled.get(candidate))
        for candidate, said in groupby(ordered, key=lambda decision: decision.candidate_id)
    )
    return frozenset(decision.pk for decision in resolved if decision is not None)


def _ruled(task: Task, moment: datetime) -> dict[UUID, UUID | None]:
    rulings = Ruling.objects.filter(candidate__task=task, created_at__lte=moment).exclude(kind=RulingKind.LEAVE)
    found = rulings.order_by("created_at", "id").values_list("candidate_id", "decision_id")
    return dict(found.iterator(chunk_size=CHUNK))
