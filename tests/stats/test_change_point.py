"""The best cut of a row of months, its ratio by hand, and how often it errs where nothing changed."""

from __future__ import annotations

from itertools import permutations
from math import log

import numpy as np
import pytest

from stats.change_point import change_point


def test_a_clear_change_is_found_at_its_month() -> None:
    months = np.repeat(np.arange(6), 200)
    won = np.concatenate([np.r_[np.ones(20), np.zeros(180)]] * 3 + [np.r_[np.ones(4), np.zeros(196)]] * 3)

    found = change_point(list(months), [int(each) for each in won], [1] * len(won), seed=1)

    assert found is not None
    assert (found.first_after, found.share_before, found.share_after) == (3, 0.1, 0.02)
    assert found.p_value == 0.001


def test_the_ratio_is_the_likelihoods_by_hand() -> None:
    found = change_point([0, 1], [3, 1], [10, 10], seed=1)

    by_hand = 3 * log(0.3) + 7 * log(0.7) + log(0.1) + 9 * log(0.9) - 4 * log(0.2) - 16 * log(0.8)
    assert found is not None
    assert found.ratio == pytest.approx(2 * by_hand)


def test_the_p_value_is_that_of_all_orders() -> None:
    months, won, sizes = [0, 0, 1, 1, 2, 2], [0, 0, 0, 2, 2, 1], [2, 1, 2, 2, 2, 1]

    found = change_point(months, won, sizes, seed=3, draws=20_000)

    orders = list(permutations(range(6)))
    ratios = [_largest(months, [won[i] for i in order], [sizes[i] for i in order]) for order in orders]
    seen = _largest(months, won, sizes)
    exact = sum(ratio >= seen - 1e-9 for ratio in ratios) / len(orders)
    assert found is not None
    assert found.p_value == pytest.approx(exact, abs=0.01)


def test_companies_that_answer_alike_are_no_change_by_themselves() -> None:
    """One company of 60 that all answered in its month: alone as units it looks like a change,
    as one cluster it does not.
    """
    months, won, sizes = [0] * 40 + [1] * 40 + [1], [0, 1] * 20 + [0, 1] * 20 + [60], [2] * 80 + [60]

    clustered = change_point(months, won, sizes, seed=1)
    units = change_point(
        [m for m, n in zip(months, sizes, strict=True) for _ in range(n)],
        [int(k < w) for w, n in zip(won, sizes, strict=True) for k in range(n)],
        [1] * sum(sizes),
        seed=1,
    )

    assert clustered is not None
    assert units is not None
    assert clustered.p_value > 0.2
    assert units.p_value == 0.001


@pytest.mark.slow
def test_it_errs_no_more_than_its_level_where_nothing_changed() -> None:
    rng = np.random.default_rng(7)
    months = np.repeat(np.arange(8), 40)
    alarms = 0
    for number in range(200):
        won = (rng.random(len(months)) < 0.06).astype(int)
        found = change_point(list(months), list(won), [1] * len(won), seed=number, draws=99)
        alarms += found is not None and found.p_value <= 0.05

    # 200 draws at 5 %: fewer than 21 in 99.9 of 100 repetitions; the seed is fixed.
    assert alarms <= 20


@pytest.mark.parametrize(
    ("months", "won"),
    [([0, 0], [1, 0]), ([0, 1], [0, 0]), ([0, 1], [1, 1]), ([], [])],
    ids=["one month", "none", "all", "empty"],
)
def test_where_nothing_can_be_seen_there_is_no_answer(months: list[int], won: list[int]) -> None:
    assert change_point(months, won, [1] * len(won), seed=1) is None


@pytest.mark.parametrize(
    ("months", "won", "sizes"), [([0], [1, 0], [1, 1]), ([0, 1], [2, 0], [1, 1]), ([0, 1], [0, 0], [1, 0])]
)
def test_rows_without_sense_are_refused(months: list[int], won: list[int], sizes: list[int]) -> None:
    with pytest.raises(ValueError, match=r"cluster"):
        change_point(months, won, sizes, seed=1)


def test_the_same_seed_gives_the_same_answer() -> None:
    months, won = list(np.repeat(np.arange(4), 30)), [1, 0, 0] * 40

    assert change_point(months, won, [1] * 120, seed=5) == change_point(months, won, [1] * 120, seed=5)


def _largest(months: list[int], won: list[int], sizes: list[int]) -> float:
    def likelihood(k: int, n: int) -> float:
        return sum(part * log(part / n) for part in (k, n - k) if part)

    def cut(at: int) -> float:
        before = [i for i, month in enumerate(months) if month < at]
        k, n = sum(won[i] for i in before), sum(sizes[i] for i in before)
        total, size = sum(won), sum(sizes)
        return 2 * (likelihood(k, n) + likelihood(total - k, size - n) - likelihood(total, size))

    return max(cut(at) for at in range(1, max(months) + 1))
