"""Journal's word on calls whose end nobody was told: for whoever closes an order after its engine has died.

Pure. Knows no database and no network; asks for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from generation.engine.journal.history import CallFate, History
from generation.engine.repairs import FLAWED, FlawedAnswer, repair_id
from generation.engine.report import Report


@dataclass(frozen=True)
class PossibleCost:
    """Cost that a call without an end may have had, US dollars.

    Attributes:
        last_usd: Its last try, at its worst price.
        lost_usd: Tries before it, of which no word came.
    """

    last_usd: float
    lost_usd: float = 0.0


@dataclass
class Unreported:
    """Fate of calls that nobody was told of.

    Attributes:
        ends: Kinds and payloads of ends, as their engine would have told them.
        doubts: Calls that were asked and not answered.
        unpaid: Calls that were turned down, or lie in a batch that is accounted for by itself.
        unasked: Calls the journal has no word of: a call is noted before it is asked.
    """

    ends: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    doubts: dict[str, PossibleCost] = field(default_factory=dict)
    unpaid: set[str] = field(default_factory=set)
    unasked: set[str] = field(default_factory=set)


def reconcile(history: History, calls: Iterable[str]) -> Unreported:
    """Sort these calls, and the repairs of their flawed answers, by what the journal says.

    Args:
        history: The journal, with the repairs of these calls.
        calls: Their ids; a repair may stand among them by itself, after the call it mends.
    """
    unreported = Unreported()
    repair_ids: set[str] = set()
    for call in calls:
        fate = history.calls.get(call)
        if call in repair_ids:
            continue
        if fate is not None and fate.state == "answered" and fate.kind == FLAWED:
            repair_ids.add(repair_id(call))
            _flawed(unreported, call, fate, history.calls.get(repair_id(call)))
        else:
            _sort(unreported, call, fate)
    return unreported


def _sort(unreported: Unreported, call: str, fate: CallFate | None) -> None:
    if fate is None:
        unreported.unasked.add(call)
    elif fate.state == "answered":
        unreported.ends.append((fate.kind, fate.payload))
    elif fate.state == "sent":
        unreported.doubts[call] = PossibleCost(fate.reserve_usd, fate.doubted_usd)
    elif fate.doubted_usd:
        unreported.doubts[call] = PossibleCost(0.0, fate.doubted_usd)
    else:
        unreported.unpaid.add(call)


def _flawed(unreported: Unreported, call: str, fate: CallFate, repair: CallFate | None) -> None:
    first = FlawedAnswer.from_journal(fate.payload)

    def take(kind: str, /, **payload: Any) -> int:
        unreported.ends.append((kind, payload))
        return len(unreported.ends)

    report = Report(take, total=0)
    if repair is None or repair.state == "unbilled":
        report.outcome(first.kind, first.payload)
    elif repair.state == "answered":
        report.repaired(first, repair.kind, repair.payload)
    else:
        report.repaired(first, "uncertain", _interrupted(first.payload, repair_id(call), repair))


def _interrupted(first: dict[str, Any], call: str, fate: CallFate) -> dict[str, Any]:
    """End a repair that was on the wire: its place in the order is that of the answer it was to mend."""
    place = {name: first[name] for name in ("index", "teacher", "teacher_name", "record", "repeat") if name in first}
    return place | {
        "call_id": call,
        "possible_cost_usd": fate.doubted_usd + fate.reserve_usd,
        "code": "interrupted",
        "message": "The engine ended while this call was being sent.",
        "latency_s": 0.0,
    }
