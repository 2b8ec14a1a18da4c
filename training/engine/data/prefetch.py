"""Batches made while the step before them is computed, in one thread.

What is made ahead is what would be made in time: the same items give the same batch, so nothing but waiting changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Generic, TypeVar

B = TypeVar("B")


class Prefetcher(Generic[B]):
    """Makes expected batches beforehand. For one caller; its thread ends with the process."""

    def __init__(self, make: Callable[[Sequence[Any]], B]) -> None:
        """Call `make`, a pure function, in another thread."""
        self._make = make
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ahead")
        self._expected: list[tuple[list[Any], Future[B]]] = []

    def expect(self, batches: Sequence[Sequence[Any]]) -> None:
        """Say what will be taken next, in order. What is no longer expected is dropped."""
        item_lists = [list(items) for items in batches]
        kept = [(items, made) for items, made in self._expected if items in item_lists]
        had = [items for items, _ in kept]
        self._expected = kept + [
            (items, self._thread.submit(self._make, items)) for items in item_lists if items not in had
        ]

    def take(self, items: Sequence[Any]) -> B:
        """The batch of these items; made now when it was not expected. What `make` raises is raised here."""
        batch_items = list(items)
        for place, (expected, made) in enumerate(self._expected):
            if expected == batch_items:
                del self._expected[place]
                return made.result()
        return self._make(batch_items)
