"""What tests of acceptances by a judge know of the desk they have, and do on it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from members.models import Member
from review.desk import decisions, deck
from review.models import AcceptanceRule, Draft, Task
from review.states import DraftState

# Experts judged 24 good drafts and 8 bad ones; of the eight that wait six are good.
GOOD_KNOWN, GOOD_WAITING = 24, 6
WIDE: dict[str, float] = {"bound": 0.2, "audit_share": 0.5}


def accepted(task: Task) -> list[Draft]:
    return list(Draft.objects.filter(task=task, state=DraftState.MACHINE).order_by("pk"))


def audited(rule: AcceptanceRule) -> list[Draft]:
    return [one.draft for one in rule.acceptances.filter(is_audit=True).select_related("draft")]


def judge_it(member: Member, draft: Draft, verdict: str, *, asked: bool = False) -> None:
    """As dealt in the order of the queue, unless the member asked for it."""
    card = deck.hold(member, draft.pk)
    reasons: dict[str, Any] = {"reasons": ["wrong"]} if verdict == "reject" else {}
    decisions.record(draft.pk, by=member, id=uuid4(), verdict=verdict, if_match=card.etag, **reasons)
    if not asked:
        draft.assignments.update(drawn="queue")
