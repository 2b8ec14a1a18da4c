"""What takes long to count is counted once for a while, and what does not is counted each time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import caches

from web.caching import slow_figures


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    caches["figures"].clear()
    yield
    caches["figures"].clear()


@pytest.fixture
def counts() -> list[int]:
    return []


def count(counts: list[int]) -> int:
    counts.append(len(counts))
    return len(counts)


def test_what_is_counted_fast_is_counted_each_time(counts: list[int]) -> None:
    found = [slow_figures.figures("a", lambda: count(counts)) for _ in range(3)]

    assert [each.value for each in found] == [1, 2, 3]
    assert [each.at for each in found] == [None, None, None]


def test_what_takes_long_is_told_with_its_moment(counts: list[int], settings: Any) -> None:
    settings.SLOW_FIGURES_S = 0.0
    caches["figures"].set("slow:b", None)
    # A count that took no time is kept for none; this one seems to have taken long.
    slow = iter((0.0, 100.0, 200.0, 300.0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slow_figures.time, "monotonic", lambda: next(slow))
        found = [slow_figures.figures("b", lambda: count(counts)) for _ in range(3)]
        other = slow_figures.figures("c", lambda: count(counts))

    assert [each.value for each in found] == [1, 1, 1]
    assert found[0].at is None
    assert found[1].at is not None
    assert found[1].at == found[2].at
    assert other.value == 2


def test_who_comes_while_a_count_is_under_way_waits_for_it(counts: list[int], settings: Any) -> None:
    settings.SLOW_FIGURES_S = 0.0
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> int:
        begun.set()
        assert go_on.wait(60)
        return count(counts)

    found: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slow_figures, "TIMES_AS_LONG", 1_000_000)
        first = threading.Thread(target=lambda: found.append(slow_figures.figures("d", slow).value))
        second = threading.Thread(target=lambda: found.append(slow_figures.figures("d", slow).value))
        first.start()
        assert begun.wait(60)
        second.start()
        go_on.set()
        first.join(60)
        second.join(60)

    assert found == [1, 1]
