"""One batch of an order while it is handed in and lies at its provider. Pure; knows no network and no file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generation.engine.contracts import BatchIn
from generation.engine.journal.history import BatchFate, CallFate, History
from generation.engine.plan import PlannedCall, expand_runs, to_runs

MOST_NOTE_CHARS = 300


@dataclass
class OpenBatch:
    """Calls that wait for one batch.

    Attributes:
        token: Our name of it, sent along where the provider keeps it.
        teacher: Its teacher's place in the mix: a batch asks one.
        positions: Where all its calls stand in the order: first and last of each run.
        calls: Those without an end, by id.
        reserved: Their worst prices, US dollars.
        prepared_at: Seconds since 1970, by the clock of the host that prepared it.
        ids: All it was handed in with, those included that have their end.
        batch_id: The provider's name; empty until it is known.
        done: Requests the provider has finished.
    """

    token: str
    teacher: int
    positions: list[tuple[int, int]]
    calls: dict[str, PlannedCall]
    reserved: dict[str, float]
    prepared_at: float
    ids: frozenset[str]
    batch_id: str = ""
    done: int = 0
    is_journaled: bool = False
    is_cancelled: bool = False

    def told(self, state: str, *, note: str = "") -> dict[str, Any]:
        return {
            "token": self.token,
            "batch_id": self.batch_id,
            "state": state,
            "positions": self.positions,
            "requests": len(self.ids),
            "done": self.done,
            "possible_cost_usd": round(sum(self.reserved.values()), 6),
            "note": note[:MOST_NOTE_CHARS],
            "prepared_at": self.prepared_at,
        }


def open_batch(
    token: str,
    calls: Sequence[PlannedCall],
    *,
    reserved: Mapping[str, float],
    prepared_at: float,
    batch_id: str = "",
    ended: Collection[str] = (),
) -> OpenBatch:
    """A batch of these calls, at least one, of which some may have their end already."""
    return OpenBatch(
        token=token,
        teacher=calls[0].teacher,
        positions=to_runs(call.index for call in calls),
        calls={call.id: call for call in calls if call.id not in ended},
        reserved={call.id: reserved.get(call.id, 0.0) for call in calls if call.id not in ended},
        prepared_at=prepared_at,
        ids=frozenset(call.id for call in calls),
        batch_id=batch_id,
    )


def open_batches_of(
    history: History, entries: Sequence[BatchIn], plan: Sequence[PlannedCall], *, settled: Collection[str]
) -> list[OpenBatch]:
    """Batches that earlier attempts left at the provider: by the journal, and by the database where that was lost."""
    by_id = {call.id: call for call in plan}
    batches: list[OpenBatch] = []
    for batch in history.batches.values():
        calls = [by_id[call] for call in batch.calls if call in by_id]
        if batch.state in ("preparing", "submitted") and calls:
            batches.append(_from_journal(batch, calls, history.calls))
    for entry in entries:
        calls = [plan[index] for index in expand_runs(entry.positions) if index < len(plan)]
        if entry.token not in history.batches and calls:
            batches.append(
                open_batch(
                    entry.token,
                    calls,
                    reserved={},
                    prepared_at=entry.prepared_at,
                    batch_id=entry.batch_id,
                    ended={call.id for call in calls if call.id in settled or call.id in history.calls},
                )
            )
    return batches


def unreported_ends(history: History, entries: Sequence[BatchIn]) -> list[dict[str, Any]]:
    """Ends, in the journal, of batches the database still takes for open: whoever noted them could not tell it."""
    pairs = [(entry, history.batches.get(entry.token)) for entry in entries]
    return [
        {
            "token": fate.token,
            "batch_id": fate.batch_id,
            "state": fate.state,
            "positions": entry.positions,
            "requests": len(fate.calls),
            "done": len(fate.calls) if fate.state == "ended" else 0,
            "possible_cost_usd": 0.0,
            "note": "",
            "prepared_at": fate.at,
        }
        for entry, fate in pairs
        if fate is not None and fate.state in ("ended", "dropped")
    ]


def _from_journal(batch: BatchFate, calls: Sequence[PlannedCall], fates: Mapping[str, CallFate]) -> OpenBatch:
    mine = {call.id: fates[call.id] for call in calls if call.id in fates and fates[call.id].batch == batch.token}
    waiting = {call for call, fate in mine.items() if fate.state == "batched"}
    result = open_batch(
        batch.token,
        calls,
        reserved={call: fates[call].reserve_usd for call in waiting},
        prepared_at=batch.at,
        batch_id=batch.batch_id,
        ended={call.id for call in calls} - waiting,
    )
    result.is_journaled = True
    return result
