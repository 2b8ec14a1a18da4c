"""Service that saves desk settings: order, random share, overlap, and the rate of known answers.

Settings apply to drafts that nobody has judged yet; verdicts given stay as they are. Knows no page.
"""

from __future__ import annotations

from django.db import transaction

from audit import trail
from members.models import Member
from review.desk import ordering
from review.models import DeskSettings, Task
from review.states import QueueOrdering, Role
from review.tasks.permissions import require
from web.errors import Refusal

RANDOM_SHARES = (0.1, 0.2)
REVIEWERS = (2, 5)
KNOWN_EVERY = (5, 1000)


@transaction.atomic
def save(
    task: Task,
    *,
    by: Member,
    order: str,
    random_share: float,
    overlap_share: float,
    overlap_reviewers: int,
    known_every: int,
) -> DeskSettings:
    """Set how the desk deals from now on; a changed order is put into effect behind the request.

    Args:
        by: Its lead, or admin.
        order: oldest, uncertain, diverse, likely or unlikely.
        random_share: Share of cards drawn at random, 0.1 to 0.2.
        overlap_share: Share of drafts that several reviewers judge, 0 to 1.
        overlap_reviewers: How many, 2 to 5.
        known_every: One card in so many has a known answer, 5 to 1000; 0 mixes none in.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 422 naming each value that does not fit.
    """
    require(by, task, Role.LEAD)
    errors = _wrong(order, random_share, overlap_share, overlap_reviewers, known_every)
    if errors:
        first = next(iter(errors.values()))[0]
        raise Refusal("settings_invalid", first, hint="Nothing was changed.", errors=errors)
    held, _ = DeskSettings.objects.select_for_update().get_or_create(task=task)
    is_reordered = held.order != order
    held.order, held.random_share, held.known_every = order, random_share, known_every
    held.overlap_share, held.overlap_reviewers, held.updated_by = overlap_share, overlap_reviewers, by
    if is_reordered:
        held.ordered_at = None
    held.save()
    trail.record("desk_changed", by=by, about=task, task=task.slug)
    if is_reordered:
        transaction.on_commit(lambda: ordering.request_ordering(task.pk))
    return held


def _wrong(
    order: str, random_share: float, overlap_share: float, overlap_reviewers: int, known_every: int
) -> dict[str, list[str]]:
    messages = {
        "order": order not in QueueOrdering.values and f"There is no order '{order}'.",
        "random_share": not _within(random_share, RANDOM_SHARES)
        and "Between 10 and 20 % of cards are drawn at random.",
        "overlap_share": not _within(overlap_share, (0, 1)) and "The share is between 0 and 100 %.",
        "overlap_reviewers": not _within(overlap_reviewers, REVIEWERS)
        and "From 2 to 5 reviewers judge the same draft.",
        "known_every": known_every != 0
        and not _within(known_every, KNOWN_EVERY)
        and "Choose one card in 5 to 1,000, or 0 for no known answers.",
    }
    return {name: [words] for name, words in messages.items() if words}


def _within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]
