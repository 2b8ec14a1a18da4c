"""Short words for tests of the desk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from members.models import Member
from review.desk import decisions, deck
from review.desk.decisions import DecisionOutcome
from review.models import Assignment


def judge(card: Assignment, *, by: Member, verdict: str = "accept", **more: Any) -> DecisionOutcome:
    """Judge a dealt card, with a fresh id and the card's own tag unless others are given."""
    body: dict[str, Any] = {"id": uuid4(), "if_match": card.etag, "seconds": 7.5, **more}
    if verdict == "reject":
        body.setdefault("reasons", ["tone"])
    return decisions.record(card.draft_id, by=by, verdict=verdict, **body)


def take_back(outcome: DecisionOutcome, card: Assignment, *, by: Member, **more: Any) -> DecisionOutcome:
    """Retract a verdict given on a card."""
    return judge(card, by=by, verdict="retract", retracts=outcome.decision.pk, **more)


def pass_on(card: Assignment, *, to: Member) -> Assignment:
    """Let the lease of a card run out and deal it to another."""
    Assignment.objects.filter(pk=card.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
    return deck.deal(to, card.task, count=1)[0]
