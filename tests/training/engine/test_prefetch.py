"""Batches made beforehand are those made in time."""

from __future__ import annotations

import threading

import pytest

from training.engine.data.prefetch import Prefetcher


def test_what_was_expected_is_made_in_another_thread_and_only_once():
    made = []

    def make(items):
        made.append((list(items), threading.current_thread().name))
        return sum(items)

    ahead = Prefetcher(make)
    ahead.expect([[1, 2], [3]])
    ahead.expect([[3], [4, 5]])

    assert [ahead.take([3]), ahead.take([4, 5])] == [3, 9]
    assert [items for items, _ in made] == [[1, 2], [3], [4, 5]]
    assert all(thread.startswith("ahead") for _, thread in made)


def test_what_nobody_expected_is_made_at_once():
    ahead = Prefetcher(sum)
    ahead.expect([[1, 2]])

    assert ahead.take([7]) == 7
    assert ahead.take([1, 2]) == 3
    assert ahead.take([1, 2]) == 3


def test_an_error_is_raised_where_the_batch_is_taken():
    ahead = Prefetcher(lambda items: items[0] / 0)
    ahead.expect([[1]])

    with pytest.raises(ZeroDivisionError):
        ahead.take([1])
