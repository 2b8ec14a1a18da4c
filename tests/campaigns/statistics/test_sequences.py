"""The always-valid interval: its form, its p-value, and what it costs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats

from stats.intervals import always_valid
from stats.intervals.effects import Effect, Interval, Scale, StatisticalMethod
from stats.intervals.shares import wilson
from stats.share_sequence import log_evidence, lower_bound


def effect(estimate: float, se: float | None, df: float | None = None) -> Effect:
    return Effect(estimate, se, Interval(-1, 1, 0.95), None, df, Scale.DIFFERENCE, StatisticalMethod("a", "b"))


def test_it_is_narrowest_for_its_error_at_the_horizon() -> None:
    def multiple(draws: float) -> float:
        # With se falling as 1/sqrt(n), width times sqrt(n) is what tuning makes smallest at the horizon.
        return always_valid.halfwidth(1.0, draws, tuned_for=5000)

    assert multiple(5000) < min(multiple(500), multiple(50_000))
    assert multiple(5000) == pytest.approx(min(multiple(n) for n in range(1000, 20_000, 100)), rel=0.002)


def test_the_price_of_looking_is_half_again_the_width_at_the_horizon() -> None:
    single_look = 1.959964

    assert always_valid.halfwidth(1.0, 6000, tuned_for=6000) / single_look == pytest.approx(1.55, abs=0.01)


def test_p_value_and_interval_agree_at_the_edge() -> None:
    reach = always_valid.halfwidth(0.01, 800, tuned_for=3000)

    p = always_valid.p_value(reach, 0.01, 800, tuned_for=3000)

    assert p == pytest.approx(0.05)


def test_with_few_degrees_of_freedom_it_is_wider_and_still_agrees_with_its_p_value() -> None:
    many = always_valid.always_valid(effect(0.1, 0.01), 40, tuned_for=100)
    few = always_valid.always_valid(effect(0.1, 0.01, df=9), 40, tuned_for=100)
    reach = few.interval.high - few.estimate

    p = always_valid.p_value(reach, 0.01, 40, tuned_for=100, df=9)

    assert few.interval.high > many.interval.high
    assert (few.p_value or 0) > (many.p_value or 0)
    assert p == pytest.approx(0.05)


def test_far_in_the_tail_numbers_stay_finite() -> None:
    far = always_valid.always_valid(effect(5.0, 1e-4, df=1e6), 5000)

    assert math.isfinite(far.interval.low)
    assert far.p_value == pytest.approx(0.0, abs=1e-100)


def test_what_has_no_answer_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="needs a standard error"):
        always_valid.always_valid(effect(0.1, None), 100)
    with pytest.raises(ValueError, match="number of draws"):
        always_valid.halfwidth(0.1, 0)
    with pytest.raises(ValueError, match="horizon"):
        always_valid.halfwidth(0.1, 10, tuned_for=-5)
    with pytest.raises(ValueError, match="standard error of an always-valid interval must be above 0"):
        always_valid.p_value(0.1, 0.0, 10)


@pytest.mark.parametrize(("count", "of", "limit"), [(5, 150, 0.001), (12, 150, 0.04), (0, 40, 0.02), (3, 3, 0.04)])
def test_the_evidence_is_the_mean_likelihood_ratio_above_the_limit(count: int, of: int, limit: float) -> None:
    prior = stats.beta(2, 2 * (1 - 2 * limit) / (2 * limit))

    def ratio(share: float) -> float:
        return math.exp(count * math.log(share / limit) + (of - count) * math.log((1 - share) / (1 - limit)))

    # Cut where the likelihood peaks, so that the quadrature sees it.
    peak = min(max(count / of, 2 * limit), 0.999)
    parts = [(limit, peak), (peak, min(1.0, 4 * peak)), (min(1.0, 4 * peak), 1.0)]
    whole = sum(integrate.quad(lambda q: ratio(q) * prior.pdf(q), low, high, limit=200)[0] for low, high in parts)

    assert log_evidence(count, of, limit, expected=2 * limit) == pytest.approx(
        math.log(whole / prior.sf(limit)), abs=1e-6
    )


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("limit", [0.001, 0.02, 0.04])
def test_the_bound_passes_the_limit_just_where_the_evidence_is_enough(limit: float) -> None:
    for of in (20, 150, 1000):
        for count in range(of // 4):
            is_enough = log_evidence(count, of, limit, expected=2 * limit) >= math.log(20)

            assert (lower_bound(count, of, limit=limit) > limit) == is_enough
            assert lower_bound(count, of, limit=limit) <= count / of


@pytest.mark.slow
def test_a_share_at_its_limit_rarely_passes_it_however_often_one_looks() -> None:
    draws = np.random.default_rng(11).random((200, 400)) < 0.04
    alarms = alarms_of_one_look = 0
    for row in draws.cumsum(axis=1):
        looks = [(int(row[n]), n + 1) for n in range(9, 400, 10)]
        alarms += any(log_evidence(count, of, 0.04, expected=0.08) >= math.log(20) for count, of in looks)
        alarms_of_one_look += any(wilson(count, of).low > 0.04 for count, of in looks)

    assert alarms / 200 <= 0.05
    assert alarms_of_one_look / 200 > 0.1


def test_what_went_wrong_once_says_little_and_what_goes_wrong_often_much() -> None:
    assert lower_bound(1, 1, limit=0.001) <= 0.001
    assert lower_bound(5, 150, limit=0.001) > 0.001
    assert lower_bound(24, 300, limit=0.04) > 0.04
    assert lower_bound(0, 1_000, limit=0.04) == lower_bound(0, 0, limit=0.04) == 0.0
