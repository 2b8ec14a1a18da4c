"""Calls of an order in the database, for an attempt whose host has no journal of them, or an older one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from generation.engine.contracts import AnnouncedIn
from generation.engine.plan import call_id, expand_runs, to_runs
from generation.models import Call, Order
from generation.orders import purposes
from generation.states import CallState
from jobs.models import JobEvent


@dataclass
class EarlierCalls:
    """Calls by id, each in one of the first two at most; all amounts are US dollars.

    Attributes:
        settled: Those that have their end, with what they cost and what lost tries of them may have cost.
        in_doubt: Those last seen on the wire, with what that may have cost; 0 where it was not told.
        doubted: Of those without a paid end, what tries before may have cost.
    """

    settled: dict[str, float] = field(default_factory=dict)
    in_doubt: dict[str, float] = field(default_factory=dict)
    doubted: dict[str, float] = field(default_factory=dict)


def earlier_calls(order: Order) -> EarlierCalls:
    """Every call of the order that counts against its budget, or must not be asked as if it were new; one question."""
    earlier = EarlierCalls()
    calls = Call.objects.filter(order=order)
    for pk, state, cost, possible, settlement, is_corrected in calls.values_list(
        "pk", "state", "cost_usd", "possible_cost_usd", "settlement", "is_corrected"
    ):
        call = str(pk)
        # What a person has settled is not asked again; what it cost, or may have cost, still counts.
        if state == CallState.ANSWERED or (state == CallState.FAILED and (cost > 0 or is_corrected)) or settlement:
            earlier.settled[call] = float(cost + possible)
        elif state == CallState.UNCERTAIN:
            earlier.in_doubt[call] = float(possible)
        else:
            if state == CallState.SENT:
                earlier.in_doubt[call] = 0.0
            if possible:
                earlier.doubted[call] = float(possible)
    for place in _asked_elsewhere(order):
        call = call_id(order.pk, place)
        if call not in earlier.in_doubt:
            earlier.settled.setdefault(call, 0.0)
    return earlier


def _asked_elsewhere(order: Order) -> Collection[int]:
    special = purposes.special_purpose(order)
    return special.asked_elsewhere(order) if special else ()


def announced_without_end(order: Order) -> list[AnnouncedIn]:
    """Return, by attempt, what it announced since an attempt last came to its end, less what failed unpaid after it.

    What was answered, or is uncertain, has a row that says so, and is left to the reader of these rows.
    """
    job_events = JobEvent.objects.filter(job=order.job_id, kind__in=("asking", "failure")).order_by("seq")
    by_attempt: dict[int, set[int]] = {}
    for kind, fence, payload in job_events.values_list("kind", "fence", "payload").iterator(chunk_size=1000):
        if kind == "asking":
            if payload["positions"]:
                by_attempt.setdefault(fence, set()).update(expand_runs(payload["positions"]))
            else:
                by_attempt.clear()
            continue
        for indexes in by_attempt.values():
            indexes.discard(payload["index"])
    return [AnnouncedIn(attempt=fence, positions=to_runs(indexes)) for fence, indexes in by_attempt.items() if indexes]
