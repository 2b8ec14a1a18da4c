"""Short words for tests of the desk."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from members.models import Member
from review.models import Assignment
from review.services import decisions
from review.services.decisions import Outcome


def judge(card: Assignment, *, by: Member, verdict: str = "accept", **more: Any) -> Outcome:
    """Judge a dealt card, with a fresh id and the card's own tag unless others are given."""
    body: dict[str, Any] = {"id": uuid4(), "if_match": card.etag, "seconds": 7.5, **more}
    if verdict == "reject":
        body.setdefault("reasons", ["tone"])
    return decisions.record(card.candidate_id, by=by, verdict=verdict, **body)


def take_back(outcome: Outcome, card: Assignment, *, by: Member, **more: Any) -> Outcome:
    """Retract a verdict given on a card."""
    return judge(card, by=by, verdict="retract", retracts=outcome.decision.pk, **more)
