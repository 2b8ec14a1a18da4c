"""What takes long to count is counted once for a while, and what does not is counted each time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.cache import caches

from tests.waiting import wait_until
from web.caching import slow_figures


@dataclass
class Clock:
    now: float = 1_000_000.0


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


@pytest.fixture
def slow(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Every count takes long, and is worth telling for the longest time."""
    settings.SLOW_FIGURES_S = 0.0
    monkeypatch.setattr(slow_figures, "TIMES_AS_LONG", 1e9)
    monkeypatch.setattr(slow_figures, "TIMES_AS_OLD", 1e9)
    clock = Clock()
    monkeypatch.setattr(slow_figures.time, "time", lambda: clock.now)
    return clock


def test_what_takes_long_is_told_with_its_moment(counts: list[int], slow: Clock) -> None:
    found = [slow_figures.figures("b", lambda: count(counts)) for _ in range(3)]
    other = slow_figures.figures("c", lambda: count(counts))

    assert [each.value for each in found] == [1, 1, 1]
    assert found[0].at is None
    assert found[1].at is not None
    assert found[1].at == found[2].at
    assert other.value == 2


def test_old_figures_are_told_while_they_are_counted_anew(counts: list[int], slow: Clock) -> None:
    go_on = threading.Event()

    def anew() -> int:
        assert go_on.wait(60)
        return count(counts)

    slow_figures.figures("e", lambda: count(counts))
    slow.now += slow_figures.LONGEST_S + 1
    old = [slow_figures.figures("e", anew).value for _ in range(2)]
    go_on.set()
    wait_until(lambda: slow_figures.figures("e", anew).value == 2)

    assert old == [1, 1]
    assert counts == [0, 1], "two who come meanwhile have it counted once"


def test_old_figures_of_a_short_count_are_never_shown(
    counts: list[int], slow: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slow_figures, "TIMES_AS_OLD", 0)

    slow_figures.figures("g", lambda: count(counts))
    slow.now += slow_figures.LONGEST_S + 1

    assert slow_figures.figures("g", lambda: count(counts)) == slow_figures.Figures(2)


def test_a_count_that_fails_leaves_the_old_figures_and_is_tried_again(
    counts: list[int], slow: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> int:
        raise OSError("the database is away")

    slow_figures.figures("f", lambda: count(counts))
    slow.now += slow_figures.LONGEST_S + 1
    old = slow_figures.figures("f", fail).value
    wait_until(lambda: "could not be counted again" in caplog.text)
    wait_until(lambda: slow_figures.figures("f", lambda: count(counts)).value == 2)

    assert old == 1


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
