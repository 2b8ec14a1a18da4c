"""Draws of the next cards: assigned ones, those waiting for a further verdict, then fresh ones by order and at random.

Each draw takes rows from the front of one partial index. How many statements a deck takes does not depend on how long
the queues are. It does not know what a verdict is.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from members.models import Member
from review.desk import queues
from review.desk.deck import leases
from review.desk.queues import NOT_ASIDE, DealPlan
from review.models import Assignment, Draft
from review.states import BEHIND_THE_REST, Drawn
from web.db.compiled_query import CompiledQuery

# One draw: how the cards of it come, from which queue, and how many of the missing it may give.
_Draw = tuple[Drawn, str, int]
_QUEUES: dict[str, Callable[[Any, Any], QuerySet[Draft]]] = {
    "assigned": lambda member, task: queues.assigned(member, task).filter(NOT_ASIDE),
    "assigned, aside too": queues.assigned,
    "known": queues.known_answers,
    "overlap": lambda member, task: queues.overlap_for(member, task).filter(NOT_ASIDE),
    "overlap, aside too": queues.overlap_for,
    "slice": lambda member, task: queues.random_slice(task).filter(NOT_ASIDE),
    "slice, aside too": lambda member, task: queues.random_slice(task),
    "order": lambda member, task: queues.in_order(task).filter(NOT_ASIDE),
    "order, aside too": lambda member, task: queues.in_order(task),
}
_coin = random.SystemRandom()


def take(
    member: Member, task_id: UUID, *, count: int, but: UUID | None = None, dealing: DealPlan | None = None
) -> list[Assignment]:
    """Lease up to `count` waiting cards. Runs inside the caller's transaction.

    Cards on which the member has a standing verdict are passed over, and so is the card `but`.

    Args:
        but: A card that is not taken.
        dealing: How the task deals now, where the caller has looked already.
    """
    if count <= 0:
        return []
    dealing = dealing or queues.deal_plan(member, task_id)
    drawn: list[tuple[Draft, Drawn]] = []
    for how, queue, share in _draws(dealing, count):
        missing = min(count - len(drawn), share)
        if missing > 0:
            drawn += [(card, how) for card in _first(queue, member, task_id, missing, drawn, but)]
    drawn = _mixed(drawn)
    return leases.lease(member, [card for card, _ in drawn], [how for _, how in drawn])


def _draws(dealing: DealPlan, count: int) -> Iterator[_Draw]:
    """The draws one after another; each gives what those before it left missing, and no more than it may."""
    if dealing.has_assigned:
        yield Drawn.ASSIGNED, "assigned", count
    if dealing.known_every:
        yield Drawn.KNOWN, "known", _heads(count, 1 / dealing.known_every)
    if dealing.has_overlap:
        # Before fresh cards, so that pairs complete soon.
        yield Drawn.OVERLAP, "overlap", count
    if dealing.has_slice:
        yield Drawn.RANDOM, "slice", _heads(count, dealing.random_share)
        yield Drawn.QUEUE, "order", count
        yield Drawn.RANDOM, "slice", count
    yield Drawn.QUEUE, "order, aside too", count
    # What was set aside comes last of all, by whichever way it came.
    yield Drawn.OVERLAP, "overlap, aside too", count
    yield Drawn.ASSIGNED, "assigned, aside too", count
    if dealing.has_slice:
        yield Drawn.RANDOM, "slice, aside too", count


def _first(
    queue: str, member: Member, task_id: UUID, count: int, drawn: list[tuple[Draft, Drawn]], but: UUID | None
) -> list[Draft]:
    passed = [card.pk for card, _ in drawn]
    if but is not None:
        passed.append(but)
    named = {f"passed_{number}": card for number, card in enumerate(passed)}
    return _FIRST(queue, count, by=member.pk, task=task_id, **named)


def _front(queue: str, count: int, *, by: UUID, task: UUID, **passed: UUID) -> QuerySet[Draft]:
    free = leases.for_member(_QUEUES[queue](by, task).filter(~queues.judged_by(by)), by)
    return (free.exclude(pk__in=passed.values()) if passed else free)[:count]


_FIRST = CompiledQuery(_front)


def _heads(count: int, probability: float) -> int:
    return sum(_coin.random() < probability for _ in range(count))


def _mixed(drawn: list[tuple[Draft, Drawn]]) -> list[tuple[Draft, Drawn]]:
    """Cards of all draws among each other, so that place tells nothing of the draw; assigned first, set aside last."""
    lanes: dict[Drawn, list[tuple[Draft, Drawn]]] = {}
    aside: list[tuple[Draft, Drawn]] = []
    for card, how in drawn:
        lane = aside if card.queue_position >= BEHIND_THE_REST else lanes.setdefault(how, [])
        lane.append((card, how))
    assigned = lanes.pop(Drawn.ASSIGNED, [])
    places = [how for how, cards in lanes.items() for _ in cards]
    if len(lanes) > 1:
        _coin.shuffle(places)
    return assigned + [lanes[how].pop(0) for how in places] + aside
