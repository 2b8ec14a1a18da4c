"""Reading ahead changes when things are made, and nothing else."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator

import pytest

from web.process.prefetch import SWITCH_INTERVAL_S, prefetch


def test_all_items_come_in_their_order():
    assert list(prefetch(range(1000))) == list(range(1000))


def test_nothing_comes_of_nothing():
    assert list(prefetch([])) == []


def test_an_error_comes_where_its_item_would_have():
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("line 2")

    reading = prefetch(broken())

    assert next(reading) == 1
    with pytest.raises(ValueError, match="line 2"):
        next(reading)


def test_items_are_made_while_the_caller_is_busy_and_not_many_of_them():
    made = []

    def items() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    reading = prefetch(items(), capacity=3)
    next(reading)
    until = time.monotonic() + 60
    while len(made) < 5 and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.05)

    assert len(made) == 5
    reading.close()


def test_a_caller_who_leaves_early_leaves_no_thread_behind():
    for _ in prefetch(range(1000)):
        break

    assert not [one for one in threading.enumerate() if one.name == "reading-ahead" and one.is_alive()]


def test_turns_are_quick_while_somebody_reads_ahead_and_as_before_afterwards():
    before = sys.getswitchinterval()
    one, other = prefetch(range(3)), prefetch(range(3))

    next(one), next(other)
    during = sys.getswitchinterval()
    one.close()
    still = sys.getswitchinterval()
    list(other)

    assert during == still == pytest.approx(SWITCH_INTERVAL_S)
    assert sys.getswitchinterval() == pytest.approx(before)
