"""Events of an order while it runs: drafts, failures, doubts, progress. Knows no provider.

Every text that leaves passes through one scrubber, so that a key echoed by a server goes no further.
"""

from __future__ import annotations

import re
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import Any

from generation.engine.plan import PlannedCall
from generation.engine.repairs import FlawedAnswer

RATE_WINDOW_S = 15.0
MASK = "[key]"
# OpenAI and Anthropic quote a refused key with its middle starred out; even its ends are nobody's business.
KEY_LIKE = re.compile(r"\bsk-[A-Za-z0-9_\-*]{6,}")

Emit = Callable[..., int]


def scrubber(secrets: Iterable[str]) -> Callable[[Any], Any]:
    """A function that takes these secrets, and what looks like a key, out of any JSON-like value."""
    needles = sorted({secret for secret in secrets if len(secret) >= 4}, key=len, reverse=True)

    def scrub(value: object) -> Any:
        if isinstance(value, str):
            for secret in needles:
                value = value.replace(secret, MASK)
            return KEY_LIKE.sub(MASK, value) if "sk-" in value else value
        if isinstance(value, dict):
            return {key: scrub(inner) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [scrub(inner) for inner in value]
        return value

    return scrub


class Report:
    """Counts and emits.

    Args:
        emit: Takes a kind and a payload as keywords; `RunDir.emit`.
        clock: Seconds, monotonic.
    """

    def __init__(self, emit: Emit, *, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._emit, self._total, self._clock = emit, total, clock
        self.drafts = self.uncertain = 0
        self.failures: Counter[str] = Counter()
        self.repairs = self.cached_tokens = 0
        self.cache_saved_usd = 0.0
        self._ends: deque[float] = deque()
        self._began = clock()
        self._told: set[str] = set()
        # An attempt before this one may have: its end takes that back as well.
        self._has_announced = True

    @property
    def done(self) -> int:
        return self.drafts + self.failures.total() + self.uncertain

    @property
    def is_complete(self) -> bool:
        return self.done >= self._total

    def outcome(self, kind: str, payload: dict[str, Any], *, is_new: bool = True, counts: bool = True) -> None:
        """Tell how a call ended: `draft`, `failure` or `uncertain`. Told again after a resume, it counts once.

        A call and its repair are one planned call: only one of the two `counts`.
        """
        if counts:
            self._count(kind, payload)
        self.cached_tokens += payload.get("usage", {}).get("cached_tokens", 0)
        self.cache_saved_usd += payload.get("cache_saved_usd", 0.0)
        self._told.discard(str(payload["call_id"]))
        if is_new:
            self._ends.append(self._clock())
        self._emit(kind, **payload)

    def repaired(self, first: FlawedAnswer, kind: str, payload: dict[str, Any], *, is_new: bool = True) -> None:
        """Tell how a flawed answer and its repair ended: the repair's draft, or else the flawed one if it is whole."""
        self.repairs += 1
        if kind == "draft":
            self.outcome("failure", first.superseded(), is_new=is_new, counts=False)
            self.outcome(kind, payload, is_new=is_new)
            return
        is_kept = first.kind == "draft"
        self.outcome(first.kind, first.payload, is_new=is_new, counts=is_kept)
        self.outcome(kind, payload, is_new=is_new, counts=not is_kept)

    def _count(self, kind: str, payload: dict[str, Any]) -> None:
        if kind == "draft":
            self.drafts += 1
        elif kind == "failure":
            self.failures[str(payload["code"])] += 1
        else:
            self.uncertain += 1

    def already_settled(self, count: int) -> None:
        self.drafts += count

    def in_flight(self, calls: Iterable[PlannedCall]) -> None:
        """Tell which calls have been on the wire for a while, each once, with its record and its place in the order."""
        fresh: list[dict[str, Any]] = [
            {"call_id": call.id, "record": call.record.id, "index": call.index}
            for call in calls
            if call.id not in self._told
        ]
        if fresh:
            self._told.update(entry["call_id"] for entry in fresh)
            self._emit("sent", calls=fresh)

    def left_behind(self) -> None:
        """At the end of an attempt: of calls told as sent, those that were turned down and have no end, unpaid.

        Nothing of what was announced is asked any more.
        """
        if self._has_announced:
            self.asking([])
        if self._told:
            self._emit("unsent", calls=[{"call_id": call} for call in sorted(self._told)])
            self._told.clear()

    def asking(self, positions: list[tuple[int, int]]) -> int:
        """Tell the calls that may be asked from now on, as index runs (none: no more); return the event's number."""
        self._has_announced = bool(positions)
        return self._emit("asking", positions=positions)

    def batch(self, payload: dict[str, Any]) -> int:
        """Tell a batch at the provider: token, state, counts, its calls' places; return the event's number."""
        return self._emit("batch", **payload)

    def warning(self, message: str) -> None:
        """Tell whoever reads the job's log of something that went wrong and costs the order nothing."""
        self._emit("log", level="warning", message=message)

    def progress(self, *, cost_usd: float, possible_usd: float, in_flight: int, limit: int) -> None:
        """Tell how far it is. Rate and time left come from the last seconds, not from the whole run."""
        rate = self._rate_per_s()
        left = self._total - self.done
        self._emit(
            "progress",
            done=self.done,
            total=self._total,
            unit="calls",
            rate_per_s=round(rate, 2),
            eta_s=round(left / rate, 1) if rate and left else None,
            cost_usd=round(cost_usd, 6),
            possible_cost_usd=round(possible_usd, 6),
            in_flight=in_flight,
            limit=limit,
            drafts=self.drafts,
            failures=self.failures.total(),
            uncertain=self.uncertain,
        )

    def _rate_per_s(self) -> float:
        now = self._clock()
        while self._ends and self._ends[0] < now - RATE_WINDOW_S:
            self._ends.popleft()
        # From the beginning, not from the first end: calls that began together end together, and would look fast.
        return len(self._ends) / max(min(now - self._began, RATE_WINDOW_S), 1e-3)
