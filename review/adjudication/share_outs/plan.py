"""Plan of a share-out: each reviewer's part, beside the cards they have and their pace. Writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils import timezone

from members.models import Member
from review.desk import pace, queues
from review.desk.pace import DailyPace
from review.models import Assignment, Draft, Task
from review.states import AssignmentState, DraftState, QueueOrdering, Role
from review.tasks import team
from review.tasks.permissions import may, require
from web.errors import Refusal

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
