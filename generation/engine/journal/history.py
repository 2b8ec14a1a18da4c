"""History in the journals of an order: the last known fate of each call and batch. Reads; writes only what it copies.

Knows nothing of providers, prices or drafts.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from jobs.rundir.durable import fsync_folder

# How an entry about one call begins: enough to pass it over unread.
OF_CALL = re.compile(rb'\{"what":"[a-z]+","call":"([^"\\]+)"')


@dataclass
class CallFate:
    """Fate of one call by a journal. `sent`: asked, and no word since. `batched`: part of a batch not yet taken in.

    Attributes:
        reserve_usd: Worst case of its last try.
        doubted_usd: Worst case of the tries before it that no word came of.
    """

    state: Literal["sent", "batched", "unbilled", "answered"]
    reserve_usd: float = 0.0
    kind: str = ""
    payload: dict[str, Any] = field(default_factory=dict)
    doubted_usd: float = 0.0
    batch: str = ""

    def ask(self, state: Literal["sent", "batched"], *, reserve_usd: float, batch: str = "") -> None:
        """Take in that it is asked, perhaps once more: a try that no word came of may still have been paid."""
        if self.state == "sent":
            self.doubted_usd += self.reserve_usd
        self.state, self.reserve_usd, self.batch = state, reserve_usd, batch


@dataclass
class BatchFate:
    """Fate of one batch by a journal. `preparing`: it may or may not have reached the provider."""

    token: str
    calls: list[str]
    at: float
    batch_id: str = ""
    state: Literal["preparing", "submitted", "ended", "dropped"] = "preparing"


@dataclass
class History:
    """All that a journal says: calls in the order first sent, batches by token."""

    calls: dict[str, CallFate] = field(default_factory=dict)
    batches: dict[str, BatchFate] = field(default_factory=dict)


def read_history(path: Path, *, only: Collection[str] | None = None) -> History:
    """Last known fate of each call and batch. A torn last line is ignored; no file is no calls.

    Args:
        only: Ids of calls; what is told of one other call alone is passed over, which is several times as fast.

    Raises:
        ValueError: A line before the last is unreadable: what was paid can no longer be known.
    """
    history = History()
    for number, line in enumerate(_whole_lines(path), 1):
        if only is not None and _is_of_another(line, only):
            continue
        try:
            entry = json.loads(line)
            _apply(history, entry)
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"line {number} of {path.name} is damaged ({error}); what was paid cannot be known"
            ) from error
    if only is not None:
        history.calls = {call: fate for call, fate in history.calls.items() if call in only}
    return history


def _is_of_another(line: bytes, only: Collection[str]) -> bool:
    begins = OF_CALL.match(line)
    return begins is not None and begins[1].decode("utf-8", "replace") not in only


def _whole_lines(path: Path) -> Iterator[bytes]:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        for line in file:
            if line.endswith(b"\n"):
                yield line[:-1]


def _apply(history: History, entry: dict[str, Any]) -> None:
    if entry["what"].startswith("batch"):
        _apply_batch(history, entry)
        return
    what, call, fates = entry["what"], entry["call"], history.calls
    if what == "sent":
        fates.setdefault(call, CallFate("sent")).ask("sent", reserve_usd=float(entry["reserve_usd"]))
    elif what in ("unbilled", "doubtful"):
        fates[call].state = "unbilled" if what == "unbilled" else "sent"
    elif what == "answered":
        fate = fates.setdefault(call, CallFate("answered"))
        fate.state, fate.kind, fate.payload = "answered", entry["kind"], entry["payload"]


def _apply_batch(history: History, entry: dict[str, Any]) -> None:
    what, token = entry["what"], entry["token"]
    if what == "batch":
        calls = [str(call) for call, _ in entry["calls"]]
        history.batches[token] = BatchFate(token, [*calls, *entry["ended"]], float(entry["at"]))
        for call, reserve_usd in entry["calls"]:
            fate = history.calls.setdefault(call, CallFate("batched"))
            # Handed in once more, from what another host told: what was answered stays answered.
            if fate.state != "answered":
                fate.ask("batched", reserve_usd=float(reserve_usd), batch=token)
        return
    batch = history.batches[token]
    if what == "batch_submitted":
        batch.state, batch.batch_id = "submitted", str(entry["batch"])
        return
    batch.state = "ended" if what == "batch_ended" else "dropped"
    # Taken in to its end: what it did not answer was noted one by one, so what is left was never paid.
    for fate in filter(None, map(history.calls.get, batch.calls)):
        if fate.state == "batched" and fate.batch == token:
            fate.state = "unbilled"


def carry_over(source: Path, target: Path) -> None:
    """Begin this attempt's journal with the whole lines of the earlier one, durably; never adds them twice."""
    if source == target or not source.exists() or target.exists():
        return
    partial = target.with_suffix(".partial")
    with partial.open("wb") as file:
        file.writelines(line + b"\n" for line in _whole_lines(source))
        file.flush()
        os.fsync(file.fileno())
    partial.rename(target)
    fsync_folder(target.parent)
