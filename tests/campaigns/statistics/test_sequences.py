"""The always-valid interval: its form, its p-value, and what it costs."""

import math

import pytest

from stats.intervals import always_valid
from stats.intervals.effects import Effect, Interval, Scale, StatisticalMethod


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
