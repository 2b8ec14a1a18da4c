"""Sending what is due: each call signed, failures tried again with growing pauses, a dead address paused.

The row is the truth. A delivery is claimed by a conditional UPDATE and sent outside any transaction, so a receiver may
hear of an event twice (its id tells), but never not at all within a day. Any number of senders may run at once.
"""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Collection
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Min, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from jobs.scheduling import halt
from jobs.supervisor.shutdown import SHUTDOWN
from web import encryption
from web.errors import Refusal
from web.net.allowed_hosts import AddressRefusedError
from web.net.pinned_post import CallFailedError, post
from webhooks.endpoints import queries, signing
from webhooks.models import Attempt, Delivery, Hook, WebhookEvent
from webhooks.states import DeliveryState

logger = logging.getLogger(__name__)


def build_request(delivery: Delivery, *, at: int) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a call.

    Args:
        at: Unix time of the call, seconds.

    Raises:
        web.encryption.DecryptionError: The hook's secret cannot be read any more.
    """
    event = delivery.event
    message = {
        "id": str(event.pk),
        "event": event.kind,
        "created_at": event.created_at.isoformat(),
        "task": event.task_slug,
        "data": event.data,
    }
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "miniatures-webhooks/1",
        "Miniatures-Event": event.kind,
        "Miniatures-Event-Id": str(event.pk),
        "Miniatures-Delivery-Id": str(delivery.pk),
        signing.HEADER: signing.signature(body, keys=queries.keys_of(delivery.hook), at=at),
    }
    return body, headers


FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 3600.0
# A hook that was paused for days has not had its calls yet.
GIVE_UP_AFTER_S, LEAST_CALLS = 86400.0, 10
# Calls in a row, and how long they have failed: several events on their way fail as often within seconds.
PAUSE_AFTER_FAILURES, PAUSE_AFTER_S = 20, 3600.0
# At once, of these from one hook: one that is slow does not hold up the others.
BATCH, BATCH_OF_HOOK = 16, 4


@dataclass(frozen=True)
class AttemptResult:
    """Result of one call; `status` is None where nothing answered."""

    status: int | None
    said: str
    seconds: float

    @property
    def is_heard(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True)
class DueDelivery:
    """All that a call needs, read before it so that no sender holds a connection to the database."""

    delivery: UUID
    hook: UUID
    number: int
    url: str
    body: bytes
    headers: dict[str, str]


def deliver_due() -> int:
    """Send what is due, until nothing is or this worker leaves; returns how many calls were made.

    Each hook has rounds of its own: one that is slow is waited for by none but itself.
    """
    sent, calls = 0, dict[Future[AttemptResult], DueDelivery]()
    with ThreadPoolExecutor(BATCH, thread_name_prefix="webhooks") as pool:
        while True:
            due_now = [] if SHUTDOWN.has_begun else _due(calls.values())
            # All are claimed before the first goes out: what breaks that off leaves no call without its result.
            parcels = [parcel for delivery in due_now if (parcel := _claim(delivery))]
            calls |= {pool.submit(_send, parcel): parcel for parcel in parcels}
            if not calls:
                return sent
            # What becomes due meanwhile is not left to wait for a slow call.
            ended, _ = wait(calls, settings.JOB_REAPER_EVERY_S, FIRST_COMPLETED)
            for call in ended:
                parcel = calls.pop(call)
                record_result(parcel.delivery, parcel.number, call.result())
            sent += len(ended)


def pause_s(attempts: int) -> float:
    """Return the pause after so many attempts: 5 s doubled each time up to an hour, and up to half as much again."""
    base_s: float = min(FIRST_PAUSE_S * 2.0 ** min(attempts - 1, 20), LONGEST_PAUSE_S)
    return base_s * random.uniform(1, 1.5)


@transaction.atomic
def record_result(delivery_id: UUID, number: int, outcome: AttemptResult) -> None:
    """Write down what came of a call. One that another sender has taken over meanwhile only adds to the log."""
    delivery = Delivery.objects.select_for_update().select_related("hook").filter(pk=delivery_id).first()
    if delivery is None:
        return  # The hook was removed while its receiver thought.
    Attempt.objects.create(
        delivery=delivery, number=number, seconds=outcome.seconds, status=outcome.status, said=outcome.said[:300]
    )
    if delivery.state != DeliveryState.PENDING:
        return
    if outcome.is_heard:
        _end(delivery, DeliveryState.DELIVERED)
        Hook.objects.filter(pk=delivery.hook_id).update(failures_in_row=0)
        return
    now = timezone.now()
    # What waited for the end of a halt has its whole day from then on.
    began = max(delivery.created_at, halt.resumed_at() or delivery.created_at)
    # A call that was under way at a resume bears an old number.
    if min(number, delivery.attempts) >= LEAST_CALLS and (now - began).total_seconds() > GIVE_UP_AFTER_S:
        _end(delivery, DeliveryState.FAILED)
    elif delivery.attempts == number:
        Delivery.objects.filter(pk=delivery.pk).update(next_at=now + timedelta(seconds=pause_s(number)))
    _count_failure(delivery.hook_id, outcome)


def due(now: datetime) -> QuerySet[Delivery]:
    """Deliveries whose time has come; those of a paused hook wait until it is resumed."""
    return Delivery.objects.filter(state=DeliveryState.PENDING, next_at__lte=now, hook__is_active=True)


def _due(under_way: Collection[DueDelivery] = ()) -> list[Delivery]:
    ready = due(timezone.now()).exclude(hook__in={parcel.hook for parcel in under_way})
    place = Window(RowNumber(), partition_by="hook_id", order_by=["next_at", "id"])
    taken = ready.annotate(place=place).filter(place__lte=BATCH_OF_HOOK).order_by("place", "next_at")
    return list(taken.select_related("hook", "event")[: BATCH - len(under_way)])


def _claim(delivery: Delivery) -> DueDelivery | None:
    """Take a delivery for as long as its call may last; None when another sender was first, or nothing may leave."""
    until = timezone.now() + timedelta(seconds=settings.WEBHOOK_TIMEOUT_S * 6)
    mine = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.PENDING, next_at=delivery.next_at)
    with transaction.atomic():
        if halt.check_and_lock() or not mine.update(next_at=until, attempts=F("attempts") + 1):
            return None
    number = delivery.attempts + 1
    try:
        body, headers = build_request(delivery, at=int(time.time()))
    except encryption.DecryptionError as error:
        record_result(delivery.pk, number, AttemptResult(None, f"{error} Make a new secret on the hook's page.", 0))
        return None
    return DueDelivery(delivery.pk, delivery.hook_id, number, delivery.hook.url, body, headers)


def _send(parcel: DueDelivery) -> AttemptResult:
    began = time.monotonic()
    try:
        answer = post(parcel.url, parcel.body, headers=parcel.headers, timeout_s=settings.WEBHOOK_TIMEOUT_S)
        status, text = answer.status, answer.text
    except AddressRefusedError as error:
        status, text = None, f"{error.message} {error.hint}"
    except CallFailedError as error:
        status, text = None, str(error)
    except Exception as error:  # Whatever one receiver brings about, the others hear of their events.
        logger.exception("A call of webhook %s failed unexpectedly.", parcel.hook)
        status, text = None, f"The call failed: {type(error).__name__}."
    # A database refuses NUL, and a stranger may send anything.
    return AttemptResult(status, text.replace("\x00", " "), round(time.monotonic() - began, 3))


def _end(delivery: Delivery, state: DeliveryState) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(state=state, ended_at=timezone.now())


def _count_failure(hook_id: UUID, outcome: AttemptResult) -> None:
    Hook.objects.filter(pk=hook_id).update(failures_in_row=F("failures_in_row") + 1)
    gone = outcome.status == 410
    if not gone and not _is_tired(hook_id):
        return
    reason = (
        "Its receiver answered 410: the address is gone."
        if gone
        else "All calls failed for an hour or longer, 20 or more in a row. "
        f"The last: {outcome.status or 'no answer'}. {outcome.said}"
    )
    active = Hook.objects.filter(pk=hook_id, is_active=True)
    active.update(is_active=False, paused_at=timezone.now(), paused_reason=reason[:300])


def _is_tired(hook_id: UUID) -> bool:
    """Return whether as many calls in a row have failed as pause a hook, the first of them long enough ago."""
    in_row = Hook.objects.filter(pk=hook_id).values_list("failures_in_row", flat=True).first() or 0
    if in_row < PAUSE_AFTER_FAILURES:
        return False
    # As many as are counted: a hook that was resumed is counted anew, and is judged by none of its calls before.
    calls = Attempt.objects.filter(delivery__hook=hook_id).order_by("-at")[:in_row]
    began: datetime = calls.aggregate(at=Min("at"))["at"]
    return began <= timezone.now() - timedelta(seconds=PAUSE_AFTER_S)


MAX_REPLAYED = 1000


@transaction.atomic
def replay_event(hook: Hook, event_id: UUID) -> Delivery:
    """Tell a hook of one event again; its id stays, so that a receiver sees that it knows it.

    Raises:
        Refusal: 404 when the log has no such event for this hook, 409 while the hook is paused.
    """
    _require_active(hook)
    event = WebhookEvent.objects.filter(pk=event_id).first()
    if event is not None and not queries.is_for_hook(hook, event):
        event = None
    if event is None:
        raise Refusal("no_event", "The log has no such event for this webhook.", status=404)
    return Delivery.objects.create(hook=hook, event=event, is_replay=True)


@transaction.atomic
def replay_range(hook: Hook, *, since: datetime, until: datetime | None = None) -> int:
    """Tell a hook of every event it listens to within a stretch of time, oldest first; returns how many.

    Raises:
        Refusal: 409 while the hook is paused, 422 when there are more than 1,000: ask in parts.
    """
    _require_active(hook)
    events = list(islice(queries.events_for(hook, since=since, until=until), MAX_REPLAYED + 1))
    if len(events) > MAX_REPLAYED:
        raise Refusal(
            "too_many_events",
            f"More than {MAX_REPLAYED:,} events are in this period.",
            hint=f"Replay in parts: the first {MAX_REPLAYED:,} end at "
            f"{events[MAX_REPLAYED - 1].created_at:%Y-%m-%d %H:%M:%S} UTC.",
        )
    Delivery.objects.bulk_create([Delivery(hook=hook, event=event, is_replay=True) for event in events])
    return len(events)


def _require_active(hook: Hook) -> None:
    if not hook.is_active:
        raise Refusal("hook_paused", "This webhook is paused.", hint="Resume it, then replay.", status=409)
