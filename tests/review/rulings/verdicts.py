"""Short words for tests of rulings: how a draft comes to be late, asked about again, or disputed."""

from __future__ import annotations

from members.models import Member
from review.adjudication import rulings
from review.desk import deck
from review.desk.lead_queue import dispute_etag
from review.models import Assignment, Decision, Task
from tests.review.desk.verbs import judge, pass_on

OTHER_WORDS = {"subject": "Cold loads", "body": "Hi,\n\nother words"}


def late_decision(task: Task, *, by: Member, then: Member) -> tuple[Decision, Assignment]:
    """A verdict that came after its card passed on, and the card in the deck of the one it passed to."""
    card = deck.deal(by, task, count=1)[0]
    theirs = pass_on(card, to=then)
    return judge(card, by=by, verdict="edit", fields=OTHER_WORDS).decision, theirs


def second_opinion(first: Decision, *, lead: Member, by: Member) -> Assignment:
    """A judged draft, asked about again, in the deck of another reviewer."""
    rulings.ask_again(first.draft_id, by=lead, if_match=dispute_etag(first.draft_id))
    return deck.hold(by, first.draft_id)


def dispute(task: Task, *, lead: Member, one: Member, other: Member) -> tuple[Decision, Decision]:
    """Two verdicts that differ: an accept, and an edit."""
    card = deck.deal(one, task, count=1)[0]
    first = judge(card, by=one).decision
    second = judge(second_opinion(first, lead=lead, by=other), by=other, verdict="edit", fields=OTHER_WORDS).decision
    return first, second
