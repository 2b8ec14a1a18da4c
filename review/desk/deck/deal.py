"""A reviewer's deck: dealing it, renewing it, and putting one certain card into it.

Cards are drawn from the front of one partial index each: assigned ones, those waiting for a further verdict, then fresh
ones by order and at random. How many statements a deck takes does not depend on how long the queues are.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet

from members.models import Member
from review.desk import queues
from review.desk.comments import queries
from review.desk.deck import leases
from review.desk.queues import NOT_ASIDE, DealPlan
from review.models import Assignment, Draft, Task
from review.states import BEHIND_THE_REST, AssignmentState, DraftState, Drawn, Role
from review.tasks.permissions import require
from web.db.compiled_query import CompiledQuery
from web.http.first_or_404 import first_or_404


def deal(member: Member, task: Task, *, count: int = 5) -> list[Assignment]:
    """Give the member a deck of up to `count` cards: those already held, with leases renewed, then further ones.

    Cards whose lease ran out come back into the queue first. Reviewers who deal at once never get the same card.

    Returns:
        Active assignments with draft, record and task version loaded, in the order they were dealt.

    Raises:
        PermissionDenied: The member is no reviewer of the task.
    """
    require(member, task, Role.REVIEWER)
    with transaction.atomic():
        held = renew(member, task)
        leases.reclaim()
        fresh = take(member, task.pk, count=count - len(held))
    return held + fresh


def deal_among(
    member: Member, task_id: UUID, drafts: QuerySet[Draft], *, count: int, but: UUID | None = None
) -> tuple[list[Assignment], list[Assignment]]:
    """Give the member a deck of some drafts of a task alone, such as those of one campaign, in the order of the queue.

    Other cards that the member holds stay held, and count for nothing here. How the task deals otherwise (random slice,
    known answers) does not apply: somebody asked for these.

    Args:
        member: Whose deck; the caller has checked that it is a reviewer's.
        count: How many of them the member should hold.
        but: A card that is not taken.

    Returns:
        Those held already, with leases renewed, and those taken now.
    """
    with transaction.atomic():
        mine = Assignment.objects.filter(
            reviewer=member, task=task_id, state=AssignmentState.ACTIVE, draft__in=drafts.values("pk")
        )
        mine.update(leased_until=leases.lease_end())
        held = list(_with_card(mine, member).order_by("draft__queue_position", "draft_id"))
        leases.reclaim()
        free = drafts.filter(~queues.judged_by(member), task=task_id, state=DraftState.PENDING)
        free = free.exclude(pk=but) if but is not None else free
        free = free.filter(Q(for_reviewer__isnull=True) | Q(for_reviewer=member)).order_by("queue_position", "id")
        taken = list(leases.for_member(free, member)[: max(0, count - len(held))])
        return held, leases.lease(member, taken, [Drawn.ASKED] * len(taken))


def renew(member: Member, task: Task) -> list[Assignment]:
    """Renew the leases of what the member holds; cards of a lease that ran out but was not reclaimed count as held."""
    until = leases.lease_end()
    mine = Assignment.objects.filter(reviewer=member, task=task, state=AssignmentState.ACTIVE)
    if not mine.update(leased_until=until):
        return []
    return list(_with_card(mine, member).order_by("created_at", "draft__queue_position", "draft_id"))


def held_card(member: Member, draft_id: UUID) -> Assignment:
    """The card as the member holds it, with draft, record and task version."""
    mine = Assignment.objects.filter(draft_id=draft_id, reviewer=member, state=AssignmentState.ACTIVE)
    return _with_card(mine, member).get()


def hold(member: Member, draft_id: UUID) -> Assignment:
    """Put one certain card into the member's deck, wherever it stands in the queue.

    Raises:
        Http404: No such draft, or not in a task of this member.
        Refusal: 409 when it is in front of another reviewer, waits for another, is judged, or kept from the desk.
    """
    draft = first_or_404(Draft.objects.select_related("task").filter(pk=draft_id), "There is no such draft.")
    require(member, draft.task, Role.REVIEWER)
    with transaction.atomic():
        # The caller may go on to move the draft in this transaction.
        leases.wait_for(draft_id)
        leases.reclaim()
        mine = Assignment.objects.filter(draft=draft, reviewer=member, state=AssignmentState.ACTIVE)
        if mine.update(leased_until=leases.lease_end()):
            return held_card(member, draft_id)
        is_known = queues.known_aside(member, draft.task).filter(pk=draft_id).exists()
        askable = (DraftState.KEPT,) if is_known else (DraftState.PENDING, DraftState.MACHINE)
        free = Draft.objects.filter(~queues.judged_by(member), pk=draft_id, state__in=askable)
        free = free.filter(Q(for_reviewer__isnull=True) | Q(for_reviewer=member))
        how = Drawn.KNOWN if is_known else Drawn.ASKED
        taken = leases.lease(member, list(leases.for_member(free, member)), [how])
    if not taken:
        raise leases.not_free(draft)
    return taken[0]


def _with_card(assignments: QuerySet[Assignment], member: Member) -> QuerySet[Assignment]:
    annotated = assignments.annotate(has_comments=queries.has_visible_comments(OuterRef("draft"), member))
    return annotated.select_related("draft__record", "draft__task_version").defer(
        "draft__messages", "draft__parameters", "draft__labelled_defects", "draft__task_version__body"
    )


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
