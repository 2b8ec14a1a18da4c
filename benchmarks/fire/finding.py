"""Outcome of a volley: counts, and each violation with how to repeat it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from benchmarks.fire import wire

AT_ONCE = 6
SHOWN = 60
Item = TypeVar("Item")


@dataclass
class Volley:
    """The outcome of some cases.

    Attributes:
        figures: What is printed in the first line, by name.
        violations: A line each.
        by_status: How often each status came.
        busy: Routes that answered 503, which says when to come back, and how often.
    """

    figures: dict[str, Any] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    by_status: Counter[int] = field(default_factory=Counter)
    busy: Counter[str] = field(default_factory=Counter)

    def add(self, answer: wire.Answer, request: str, route: str) -> None:
        """Count an answer; it is a violation if it is a fault, or there is none."""
        self.by_status[answer.status] += 1
        if answer.status == 503:
            self.busy[route] += 1
        if wire.is_fault(answer) or not answer.status:
            self.violations.append(f"{answer.status}: {request}")

    def add_errors(self, logged: Sequence[str]) -> None:
        """Errors that the server logged meanwhile are violations, whatever it answered."""
        self.figures["errors logged"] = len(logged)
        self.violations += [f"LOGGED {line[:300]}" for line in logged[:SHOWN]]

    def print(self) -> None:
        statuses = {str(status): count for status, count in sorted(self.by_status.items())}
        print(f"{self.figures | {'statuses': statuses}}; {len(self.violations)} violations", flush=True)
        if self.busy:
            print(f"  503, as declared: {dict(self.busy.most_common(12))}")
        for line in self.violations[:SHOWN]:
            print(f"  {line}")
        if len(self.violations) > SHOWN:
            print(f"  … and {len(self.violations) - SHOWN} more", flush=True)


def at_once(do: Callable[[Item], None], items: Iterable[Item]) -> None:
    """Do it for all, a few at a time, and wait for the last."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(do, items))


def in_batches(items: Iterable[Item], count: int) -> Iterator[Sequence[Item]]:
    """Yield the items so many at a time."""
    left = iter(items)
    while batch := list(islice(left, count)):
        yield batch
