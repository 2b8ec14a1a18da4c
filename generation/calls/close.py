"""End of an order's job: calls that no engine will tell of any more are uncertain, and shown with their price.

An engine that ends by itself tells every call's end and takes back what it announced. One that was killed, or lost with
its host, has not: whatever the job came to, what it had on the wire may be paid. Where its journal lies on this host,
that says which calls were asked; elsewhere all that it had announced may have been.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Q

from generation.calls import ingest, journal_evidence
from generation.calls.journal_evidence import JournalEvidence
from generation.engine.contracts import AnnouncedIn
from generation.engine.journal.reconcile import PossibleCost
from generation.engine.plan import expand_runs
from generation.models import Call, Order
from generation.money import alerts, daily_sums
from generation.money.figures import millionths
from generation.orders import earlier_calls
from generation.orders.purposes import record_of_call
from generation.states import CallState, UncertainPolicy
from jobs.contracts import EngineEvent
from jobs.lifecycle.transitions import append_event, lock_job
from jobs.models import Job

logger = logging.getLogger(__name__)
CHUNK = 500
FIELDS = ["state", "error_code", "error_message", "possible_cost_usd"]
ON_THE_WIRE = "The engine ended while this call was being sent."
PERHAPS_ASKED = "The engine was lost; it may have sent this call."
# Without a paid end: on the wire when last heard of, or turned down before they were announced once more.
OPEN = frozenset({CallState.SENT, CallState.FAILED})


@dataclass
class UnfinishedCalls:
    """Calls without an end, by id: those that have a row, and those that were announced only.

    Attributes:
        rows: The former.
        fresh: Indexes of the latter.
        indexes: Of both, as far as they were announced.
    """

    rows: dict[UUID, Call]
    fresh: dict[UUID, int]
    indexes: dict[UUID, int]

    @property
    def ids(self) -> list[str]:
        return [str(pk) for pk in dict.fromkeys([*self.indexes, *self.rows])]


def close(job: Job) -> None:
    """Mark what is left in doubt, inside the transaction that ends the job. Twice is once.

    Calls that the journal of a dead engine holds and no event reported are taken in as if they had been reported. When
    a resume reads a journal again, what it says replaces what is written here.
    """
    order = ingest.locked_order(job)
    if order is None:
        return
    announcements = earlier_calls.announced_without_end(order)
    unfinished = _unfinished_calls(order, announcements)
    if not unfinished.ids:
        return
    evidence = (
        journal_evidence.read_journals(order.job, announcements, unfinished.ids) if order.job else JournalEvidence()
    )
    if settled_ids := _take_journal_ends(job, evidence.untold.ends):
        unfinished = _unfinished_calls(order, announcements, without=settled_ids)
    _settle(order, unfinished, evidence)
    if announcements and evidence.is_whole and order.job_id is not None:
        # Each has its row or was never asked: an attempt elsewhere need not take it as asked.
        append_event(lock_job(order.job_id), "asking", {"positions": []})


def _unfinished_calls(
    order: Order, announcements: list[AnnouncedIn], *, without: Collection[UUID] = ()
) -> UnfinishedCalls:
    announced_indexes = {index for announcement in announcements for index in expand_runs(announcement.positions)}
    planned = ((uuid5(order.pk, str(index)), index) for index in sorted(announced_indexes) if index < order.count)
    indexes = {pk: index for pk, index in planned if pk not in without}
    calls = Call.objects.filter(order=order)
    is_open = Q(state__in=OPEN, cost_usd=0)
    open_calls = [call for call in calls.filter(is_open) if call.pk not in without]
    rows = {call.pk: call for call in open_calls if call.state == CallState.SENT or call.pk in indexes}
    ended = set(calls.exclude(is_open).values_list("pk", flat=True)) if indexes else set()
    indexes = {pk: index for pk, index in indexes.items() if pk not in ended}
    return UnfinishedCalls(rows, {pk: index for pk, index in indexes.items() if pk not in rows}, indexes)


def _take_journal_ends(job: Job, ends: list[tuple[str, dict[str, Any]]]) -> set[UUID]:
    """Take in ends that a journal knows; return their calls.

    Where they cannot be taken in, their calls stay in doubt, and the job ends all the same.
    """
    try:
        with transaction.atomic():
            ingest.consume(
                job, [EngineEvent(seq=1, ts=time.time(), kind=kind, payload=payload) for kind, payload in ends]
            )
    except Exception:
        logger.exception("What the journal of job %s tells could not be taken in.", job.pk)
        return set()
    return {UUID(payload["call_id"]) for _, payload in ends}


def _settle(order: Order, unfinished: UnfinishedCalls, evidence: JournalEvidence) -> None:
    before = daily_sums.snapshot(order, unfinished.rows.values())
    fresh = [_announced_call(order, pk, index) for pk, index in unfinished.fresh.items()]
    doubted = [
        call
        for call in (*unfinished.rows.values(), *fresh)
        if _may_be_paid(call, unfinished.indexes.get(call.pk), evidence)
    ]
    # The dearest call of the estimate stands in for what is known of none of them.
    worst = PossibleCost(float(millionths(order.estimate.get("worst_call_usd"))))
    for call in doubted:
        doubt = evidence.untold.doubts.get(str(call.pk))
        _mark_uncertain(order, call, doubt or worst, is_known=doubt is not None)
    turned_down = [call for call in unfinished.rows.values() if call.state == CallState.SENT]
    for call in turned_down:
        ingest.take_unasked(call)
    new = [call for call in doubted if call.pk not in unfinished.rows]
    touched = {call.pk for call in (*doubted, *turned_down)}
    changed = [call for call in unfinished.rows.values() if call.pk in touched]
    Call.objects.bulk_create(new, batch_size=CHUNK)
    Call.objects.bulk_update(changed, FIELDS, batch_size=CHUNK)
    if (more_usd := daily_sums.book(order, before, (*changed, *new))) > 0:
        alerts.check_spending(order, more_usd)


def _may_be_paid(call: Call, index: int | None, evidence: JournalEvidence) -> bool:
    pk = str(call.pk)
    is_known_here = evidence.is_whole if index is None else index not in evidence.elsewhere
    if pk in evidence.untold.doubts or not is_known_here:
        return True
    # One that was seen on the wire and is in no journal went out from a host that cannot be inspected here.
    is_unasked = pk in evidence.untold.unasked and call.state != CallState.SENT
    return pk not in evidence.untold.unpaid and not is_unasked


def _announced_call(order: Order, pk: UUID, index: int) -> Call:
    record_ids: list[str] = order.record_ids
    record_id = record_of_call(order, record_ids[index % len(record_ids)])
    return Call(pk=pk, order=order, position=index, record_id=record_id, state="")


def _mark_uncertain(order: Order, call: Call, doubt: PossibleCost, *, is_known: bool) -> None:
    # A held call has one try; of one that is asked again, what tries before this one may have cost stays beside it.
    last_usd, lost_usd = millionths(doubt.last_usd), millionths(doubt.lost_usd)
    if order.uncertain_policy == UncertainPolicy.HOLD:
        call.possible_cost_usd = max(call.possible_cost_usd, lost_usd + last_usd)
    else:
        call.possible_cost_usd = max(call.possible_cost_usd, lost_usd) + last_usd
    call.error_message = ON_THE_WIRE if is_known or call.state == CallState.SENT else PERHAPS_ASKED
    call.state, call.error_code = CallState.UNCERTAIN, "interrupted"
