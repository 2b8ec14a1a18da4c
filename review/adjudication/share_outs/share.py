"""Sharing cards out: the plan beforehand, the act, its undo, and the end of its period.

Cards in somebody's deck stay in their deck throughout.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, QuerySet
from django.utils import timezone

from audit import trail
from members.models import Member
from review.adjudication.share_outs import queries
from review.desk import pace, queues
from review.desk.pace import DailyPace
from review.models import Assignment, Draft, SharedCard, ShareOut, SharePart, Task
from review.states import OPEN, AssignmentState, DraftState, Drawn, QueueOrdering, Role
from review.tasks import team
from review.tasks.permissions import may, require
from web.db.chunks import chunked
from web.errors import Refusal

CHUNK = 500
ENDED_AT_ONCE = 20
AT_MOST = 10_000
MEMBERS_AT_MOST = 50
DAYS_AT_MOST = 90


@dataclass(frozen=True, slots=True)
class ShareRequest:
    """Request of a lead for a share-out.

    Attributes:
        members: Among whom; what cannot be split evenly goes to the first ones.
        until: The last day, UTC.
    """

    members: tuple[Member, ...]
    count: int
    until: date


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """One reviewer's part of a planned share-out.

    Attributes:
        has: How many cards wait for them alone already.
        pace: How many they judged in the last two weeks.
        needed_a_day: Cards a day until the last day, with those they have already.
    """

    member: Member
    cards: int
    has: int
    pace: DailyPace
    needed_a_day: float

    @property
    def is_beyond_pace(self) -> bool:
        """Return whether the part needs more cards a day than they judged; False for members without any verdict."""
        return self.pace.decisions > 0 and self.needed_a_day > self.pace.a_day


@dataclass(frozen=True, slots=True)
class SharePlan:
    """The parts, and how many cards there are for them.

    Attributes:
        parts: One for each reviewer, in the order they were named.
        found: Cards that can be given, at most as many as were asked for.
        days: Days until the last one, today and that one among them.
    """

    parts: tuple[PlannedPart, ...]
    found: int
    days: int


def read_request(
    task: Task, *, by: Member, members: Sequence[str], count: int | None, until: date | None
) -> ShareRequest:
    """Check what a lead asks for.

    Args:
        members: User names.

    Raises:
        PermissionDenied: `by` does not lead the task.
        Refusal: 422 naming what does not fit.
    """
    require(by, task, Role.LEAD)
    today = timezone.now().date()
    named = {member.pk: member for member in (team.member_named(name, task=task, by=by) for name in members)}
    strangers = [each.name for each in named.values() if not each.is_active or not may(each, task, Role.REVIEWER)]
    errors: dict[str, list[str]] = {}
    if strangers:
        errors["members"] = [f"{', '.join(strangers)}: no reviewer of {task.name}."]
    elif not 1 <= len(named) <= MEMBERS_AT_MOST:
        errors["members"] = [f"Choose from 1 to {MEMBERS_AT_MOST} reviewers."]
    if count is None or not 1 <= count <= AT_MOST:
        errors["count"] = [f"Between 1 and {AT_MOST:,} cards are shared out at once."]
    if until is None or not 0 <= (until - today).days <= DAYS_AT_MOST:
        errors["until"] = [f"The last day is today or one of the next {DAYS_AT_MOST}."]
    if errors or count is None or until is None:
        first = next(iter(errors.values()))[0]
        raise Refusal("share_out_invalid", first, hint="Nothing was shared out.", errors=errors)
    return ShareRequest(tuple(named.values()), count, until)


def preview(task: Task, request: ShareRequest) -> SharePlan:
    """Return the plan of a share-out as of now: each member's part, the cards they have, and their pace."""
    card_count = shareable(task, request).order_by()[: request.count].count()
    days = (request.until - timezone.now().date()).days + 1
    paces = pace.daily_paces(request.members, task)
    has = _waiting(request.members, task)
    parts = []
    for member, cards in zip(request.members, even_split(card_count, len(request.members)), strict=True):
        held = has.get(member.pk, 0)
        parts.append(PlannedPart(member, cards, held, paces[member.pk], (cards + held) / days))
    return SharePlan(tuple(parts), card_count, days)


def even_split(count: int, among: int) -> list[int]:
    """Return `among` numbers that sum to `count` and differ by one at most, the larger first."""
    each, rest = divmod(count, among)
    return [each + (place < rest) for place in range(among)]


def shareable(task: Task, request: ShareRequest) -> QuerySet[Draft]:
    """Cards that wait for everybody and that none of the reviewers judged, the oldest first.

    The random slice is left out, as in every assignment: rates are estimated from it, whoever judges.
    """
    members = [member.pk for member in request.members]
    judged = Assignment.objects.filter(draft=OuterRef("pk"), reviewer__in=members, state=AssignmentState.DONE)
    waiting = queues.in_order(task).filter(queues.NOT_ASIDE, ~Exists(judged))
    held = queues.settings_of(Task.objects.select_related("desk_settings").get(pk=task.pk))
    # A queue in the order of its drafts has an index; only another order costs a sort.
    return waiting if held.order == QueueOrdering.OLDEST else waiting.order_by("created_at", "queue_position", "id")


def _waiting(members: Sequence[Member], task: Task) -> dict[UUID, int]:
    own = Draft.objects.filter(task=task, state=DraftState.PENDING, for_reviewer__in=members)
    rows = own.order_by().values("for_reviewer").annotate(cards=Count("pk"))
    return dict(rows.values_list("for_reviewer", "cards"))


@transaction.atomic
def share_out(task: Task, request: ShareRequest, *, by: Member, id: UUID) -> ShareOut:
    """Give the oldest waiting cards to several reviewers, card by card in turn, so that all get equally old ones.

    They come to their reviewer before all others and to nobody else. Cards that somebody takes at this moment are
    passed over. Asked again with the same id nothing more happens.

    Args:
        request: As `read_request` checked it.
        by: A lead of the task, or admin.
        id: Made by the client.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 422 when no card waits; 409 when the id is that of another share-out.
    """
    require(by, task, Role.LEAD)
    # Two leads take turns; decisions, which refer to the task, do not wait for them.
    Task.objects.select_for_update(no_key=True).get(pk=task.pk)
    if made := ShareOut.objects.filter(pk=id).first():
        return _same(made, task, request)
    locked = shareable(task, request).select_for_update(skip_locked=True, of=("self",))
    ids = list(locked.values_list("pk", flat=True)[: request.count])
    if not ids:
        raise Refusal("no_cards", "No waiting card can be shared out.", hint="Cards in a reviewer's deck stay there.")
    made = ShareOut.objects.create(id=id, task=task, by=by, until=request.until, asked=request.count, count=len(ids))
    for place, (member, count) in enumerate(
        zip(request.members, even_split(len(ids), len(request.members)), strict=True)
    ):
        _give(SharePart.objects.create(share_out=made, member=member, count=count), ids[place :: len(request.members)])
    trail.record("cards_shared_out", by=by, about=made, task=task.slug, count=len(ids), members=len(request.members))
    return made


@transaction.atomic
def undo(share_id: UUID, *, by: Member) -> ShareOut:
    """Take a share-out back: what nobody judged yet waits for everybody again. Verdicts stay, and so do decks.

    Raises:
        Http404: No such share-out for this member.
        PermissionDenied: The member does not lead the task.
        Refusal: 409 when it has ended already.
    """
    made = queries.share_or_404(by, share_id)
    freed = _end(made, by=by)
    if freed is None:
        raise Refusal("already_ended", "This share-out has ended already.", status=409)
    trail.record("share_out_undone", by=by, about=made, task=made.task.slug, count=freed)
    made.refresh_from_db()
    return made


def end_due(today: date | None = None) -> int:
    """End the share-outs whose last day (UTC) is over, each in a transaction of its own; returns how many."""
    over = ShareOut.objects.filter(ended_at__isnull=True, until__lt=today or timezone.now().date())
    done = 0
    for made in over.select_related("task").order_by("until")[:ENDED_AT_ONCE]:
        with transaction.atomic():
            freed = _end(made, by=None)
            if freed is not None:
                trail.record("share_out_ended", by=None, about=made, task=made.task.slug, count=freed)
                done += 1
    return done


def _give(part: SharePart, ids: Sequence[UUID]) -> None:
    for chunk in chunked(ids, CHUNK):
        Draft.objects.filter(pk__in=chunk).update(for_reviewer=part.member_id)
    SharedCard.objects.bulk_create((SharedCard(part=part, draft_id=pk) for pk in ids), batch_size=CHUNK)


def _same(share_out: ShareOut, task: Task, request: ShareRequest) -> ShareOut:
    members = set(share_out.parts.values_list("member_id", flat=True))
    expected = (task.pk, request.count, request.until, {member.pk for member in request.members})
    if (share_out.task_id, share_out.asked, share_out.until, members) != expected:
        raise Refusal("id_taken", "This id was already used for another share-out.", hint="Make a new one.", status=409)
    return share_out


def _end(share_out: ShareOut, *, by: Member | None) -> int | None:
    """Give back what is not judged; None when another got there first."""
    mine = ShareOut.objects.filter(pk=share_out.pk, ended_at__isnull=True)
    if not mine.update(ended_at=timezone.now(), ended_by=by):
        return None
    freed = 0
    for chunk in chunked(list(_still_theirs(share_out)), CHUNK):
        # In one order everywhere, so that no two transactions wait for each other.
        held = Draft.objects.filter(pk__in=chunk, state__in=OPEN)
        locked = held.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True)
        # One in a deck stays there: it only goes to everybody should its reviewer leave it.
        freed += Draft.objects.filter(pk__in=list(locked)).update(for_reviewer=None)
    # A recalled card comes back one day.
    cards = SharedCard.objects.filter(part__share_out=share_out, part__member=OuterRef("for_reviewer"))
    kept = Draft.objects.filter(state=DraftState.KEPT, for_reviewer__isnull=False)
    kept.filter(Exists(cards.filter(draft=OuterRef("pk")))).update(for_reviewer=None)
    return freed


def _still_theirs(share_out: ShareOut) -> list[UUID]:
    cards = SharedCard.objects.filter(part__share_out=share_out, draft__state__in=OPEN)
    own = cards.filter(draft__for_reviewer=F("part__member"))
    sent_back = Assignment.objects.filter(
        draft=OuterRef("draft"), reviewer=OuterRef("part__member"), drawn=Drawn.SENT_BACK
    )
    again = SharedCard.objects.filter(draft=OuterRef("draft"), part__share_out__ended_at__isnull=True)
    free = own.filter(~Exists(sent_back), ~Exists(again.exclude(part__share_out=share_out)))
    return list(free.order_by("draft").values_list("draft_id", flat=True))
