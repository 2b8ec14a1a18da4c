"""What mails and replies cost."""

import math

import numpy as np
import pytest
from scipy import stats

from stats.intervals import cost_ratios
from stats.intervals.distributions import Floats


def costs_and_replies(n: int = 2000) -> tuple[Floats, Floats]:
    chance = np.random.default_rng(1)
    return chance.gamma(4, 0.0025, n), (chance.random(n) < 0.05).astype(float)


def test_a_cost_per_unit_is_the_sum_over_the_count() -> None:
    cost, replies = costs_and_replies()

    assert cost_ratios.ratio(cost, np.ones(2000)).usd == pytest.approx(cost.sum() / 2000)
    assert cost_ratios.ratio(cost, replies).usd == pytest.approx(cost.sum() / replies.sum())


def test_without_noise_in_the_counts_fiellers_interval_is_the_t_interval_of_the_mean() -> None:
    cost, _ = costs_and_replies(50)

    interval = cost_ratios.ratio(cost, np.ones(50)).interval

    expected = stats.t.interval(0.95, 49, cost.mean(), stats.sem(cost))
    assert (interval.low, interval.high) == pytest.approx(expected)


def test_fiellers_interval_holds_the_truth_as_often_as_it_says() -> None:
    chance = np.random.default_rng(3)
    repeats, held = 1500, 0
    for _ in range(repeats):
        cost, replies = chance.gamma(4, 0.0025, 800), (chance.random(800) < 0.05).astype(float)
        held += cost_ratios.ratio(cost, replies).interval.holds(0.01 / 0.05)

    assert held / repeats == pytest.approx(0.95, abs=0.01 + 4 * math.sqrt(0.95 * 0.05 / repeats))


def test_a_cost_paid_for_each_reply_and_nothing_else_is_known_exactly() -> None:
    _, replies = costs_and_replies()

    found = cost_ratios.ratio(0.2 * replies, replies)

    assert (found.usd, found.interval.low, found.interval.high) == pytest.approx((0.2, 0.2, 0.2), abs=1e-6)


def test_with_hardly_a_reply_there_is_no_upper_bound() -> None:
    cost, replies = np.full(200, 0.01) + np.arange(200) * 1e-6, np.zeros(200)
    replies[7] = 1

    found = cost_ratios.ratio(cost, replies)

    assert found.interval.high == math.inf
    assert 0 < found.interval.low < found.usd


def test_without_a_reply_the_cost_of_one_is_not_told() -> None:
    cost, _ = costs_and_replies()

    with pytest.raises(ValueError, match="No replies yet"):
        cost_ratios.ratio(cost, np.zeros(2000))


def test_in_cents_everything_is_a_hundred_times_as_much() -> None:
    cost, replies = costs_and_replies()

    dollars, cents = cost_ratios.ratio(cost, replies), cost_ratios.ratio(cost * 100, replies)

    assert (cents.usd, cents.interval.low, cents.interval.high) == pytest.approx(
        (100 * dollars.usd, 100 * dollars.interval.low, 100 * dollars.interval.high)
    )


def test_costs_without_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="at least two mails"):
        cost_ratios.ratio(np.ones(1), np.ones(1))
    with pytest.raises(ValueError, match="one length"):
        cost_ratios.ratio(np.ones(3), np.ones(2))
