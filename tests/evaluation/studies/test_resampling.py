"""Draws over records and seeds: their intervals hold their name, and they refuse what they cannot know."""

from __future__ import annotations

import numpy as np
import pytest

from stats.resampling.seed_bootstrap import draws, interval, pooled_variance


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_the_interval_of_a_difference_of_two_arms_holds_its_name(seeds: int) -> None:
    chance, hits, times = np.random.default_rng(9), 0, 600

    for number in range(times):
        of_record = chance.normal(0, 0.25, 40)
        cells = [
            mean + of_record[None] + chance.normal(0, 0.02, (seeds, 1)) + chance.normal(0, 0.03, (seeds, 40))
            for mean in (1.0, 1.01)
        ]
        drawn = draws(cells, count=300, seed=number)
        low, high = interval(drawn[:, 0] - drawn[:, 1])
        hits += low <= -0.01 <= high

    # 95 % named; three standard errors of 600 trials are 2.7 points.
    assert 0.923 <= hits / times <= 0.977


def test_records_that_differ_do_not_widen_a_difference_on_the_same_records() -> None:
    of_record = np.random.default_rng(1).normal(0, 10, 40)
    cells = [np.tile(of_record + shift, (2, 1)) + np.array([[0.001], [-0.001]]) for shift in (0.0, 0.5)]

    drawn = draws(cells, count=500, seed=1)

    low, high = interval(drawn[:, 1] - drawn[:, 0])
    assert high - low < 0.05
    assert interval(drawn[:, 0])[1] - interval(drawn[:, 0])[0] > 1


def test_the_variance_between_seeds_is_pooled_over_groups() -> None:
    cells = [np.array([[1.0], [3.0]]), np.array([[5.0], [5.0], [8.0]])]

    assert pooled_variance(cells) == (pytest.approx((2.0 + 6.0) / 3), 3)


def test_one_seed_everywhere_is_refused() -> None:
    with pytest.raises(ValueError, match="no group has two seeds"):
        draws([np.ones((1, 4)), np.ones((1, 4))], count=10, seed=1)


def test_the_same_seed_draws_the_same() -> None:
    cells = [np.random.default_rng(2).normal(size=(2, 5)) for _ in range(2)]

    assert (draws(cells, count=20, seed=4) == draws(cells, count=20, seed=4)).all()
