"""Putting the waiting drafts of a task in the order its desk was set to. Cards of the random slice have their own.

Done behind requests, in short transactions, beside reviewers who go on taking cards: a card taken meanwhile keeps its
place. Drafts that come later stand behind until the clock puts them in order. It does not know who judges.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from review import ports
from review.desk import ordering_strategies, queues
from review.models import DeskSettings, Draft, Gold, Task
from review.spec.paths import leaves
from review.states import DraftState, QueueOrdering, Verdict
from web import notify
from web.db.chunks import chunked

TASK = "review.order_desk"
# What a team judges in weeks; the rest stands behind in the order it came, and moves up.
FRONT = 100_000
HISTORY = 5000
CHUNK = 1000
_LOTS = 2**48
_BY_CHANCE = (QueueOrdering.LIKELY, QueueOrdering.UNLIKELY)


def request_ordering(task_id: UUID) -> None:
    """Have a worker put the desk in order; where no broker answers in time the clock does it later."""
    notify.notify_workers(partial(notify.send, TASK, str(task_id)))


def order_desk(task_id: UUID) -> int:
    """Put the drafts that wait in order.

    Returns:
        How many drafts changed their place.
    """
    held = DeskSettings.objects.filter(task=task_id).first()
    if held is None:
        return 0
    began = timezone.now()
    waiting = queues.in_order(task_id).filter(queues.NOT_ASIDE)
    oldest_first = waiting.order_by("created_at", "queue_position", "id")
    ids = list(oldest_first.values_list("pk", "queue_position")[:FRONT])
    places = _places(held, [pk for pk, _ in ids])
    moved = _write([(ids[place][0], rank) for rank, place in enumerate(places, start=1) if ids[place][1] != rank])
    DeskSettings.objects.filter(pk=held.pk).update(ordered_at=began)
    return moved


def order_anew(task_id: UUID) -> None:
    """Have a desk that goes by how likely drafts are good put in order again: more is known of those that wait."""
    if DeskSettings.objects.filter(task=task_id, order__in=_BY_CHANCE).update(ordered_at=None):
        request_ordering(task_id)


def order_desks() -> int:
    """Put in order every desk whose newest waiting draft came since it last was, or whose order was just chosen.

    Returns:
        How many desks.
    """
    done = 0
    for held in DeskSettings.objects.exclude(order=QueueOrdering.OLDEST).filter(task__archived_at__isnull=True):
        newest = Draft.objects.filter(task=held.task_id, state=DraftState.PENDING)
        came = newest.order_by("-created_at").values_list("created_at", flat=True).first()
        if came is not None and (held.ordered_at is None or came > held.ordered_at):
            order_desk(held.task_id)
            done += 1
    return done


def _places(held: DeskSettings, ids: Sequence[UUID]) -> list[int]:
    if not ids or held.order == QueueOrdering.OLDEST:
        return list(range(len(ids)))
    if held.order == QueueOrdering.UNCERTAIN:
        return ordering_strategies.least_certain_first(_chances(held.task, ids))
    if held.order in _BY_CHANCE:
        judge_chances, by_checks = ports.acceptance_chances(held.task, ids), _chances(held.task, ids)
        chances = [judge_chances.get(pk, chance) for pk, chance in zip(ids, by_checks, strict=True)]
        lots = [lot(held.task.seed, pk) for pk in ids]
        if held.order == QueueOrdering.UNLIKELY:
            return ordering_strategies.likely_good_first([1 - chance for chance in chances], lots)
        awaited = ports.awaited_verdicts(held.task, ids)
        return ordering_strategies.likely_good_first(chances, lots, [pk in awaited for pk in ids])
    return ordering_strategies.most_different_first(_texts(ids))


def _chances(task: Task, ids: Sequence[UUID]) -> list[float]:
    """Return the chance of each draft to be accepted, estimated from the marks of the checks."""
    judged = Gold.objects.filter(task=task, decision__bulk__isnull=True).order_by("pk")
    # Ids are random, so the first of them are a sample of all.
    history = judged.values_list("draft__marks", "verdict")[:HISTORY]
    rates = ordering_strategies.acceptance_by_pattern(
        (ordering_strategies.pattern_of(marks), verdict == Verdict.ACCEPT) for marks, verdict in history
    )
    chances: dict[UUID, float] = {}
    for chunk in chunked(ids, CHUNK):
        for pk, marks in Draft.objects.filter(pk__in=chunk).values_list("pk", "marks"):
            chances[pk] = rates.get(ordering_strategies.pattern_of(marks), rates["*"])
    return [chances.get(pk, rates["*"]) for pk in ids]


def lot(seed: str, draft_id: UUID, *, of: str = "likely") -> float:
    """A number between 0 and 1 that a draft keeps, drawn by the task's secret seed; one for each thing that is drawn.

    Who knew it could read the chance of a draft off its place: ids stand in addresses, so the lot is not made of them
    alone.
    """
    digest = hmac.new(seed.encode(), of.encode() + draft_id.bytes, hashlib.sha256).digest()
    return (int.from_bytes(digest[:6], "big") + 0.5) / _LOTS


def _texts(ids: Sequence[UUID]) -> list[str]:
    texts: dict[UUID, str] = {}
    for chunk in chunked(ids, CHUNK):
        for pk, fields in Draft.objects.filter(pk__in=chunk).values_list("pk", "fields"):
            texts[pk] = " ".join(map(str, leaves(fields)))
    return [texts.get(pk, "") for pk in ids]


def _write(places: Sequence[tuple[UUID, int]]) -> int:
    """Give drafts that still wait their places, a thousand a transaction, so that no reviewer waits for long."""
    key, table = Draft._meta.pk, Draft._meta.db_table
    statement = f"UPDATE {table} SET queue_position = %s WHERE id = %s AND state = %s"  # noqa: S608 (names of ours)
    moved = 0
    for chunk in chunked(places, CHUNK):
        rows = [(rank, key.get_db_prep_value(pk, connection), DraftState.PENDING.value) for pk, rank in sorted(chunk)]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(statement, rows)
            moved += max(cursor.rowcount, 0)
    return moved
