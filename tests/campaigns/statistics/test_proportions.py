"""Two shares: what the formulas promise beyond the published values."""

import math

import numpy as np
import pytest
from scipy import optimize
from statsmodels.stats.proportion import score_test_proportions_2indep

from stats.intervals import two_shares
from stats.intervals.samples import ShareSample
from stats.intervals.two_shares import DifferenceBy

A, B = ShareSample(118, 2000), ShareSample(102, 2000)


@pytest.mark.parametrize("by", DifferenceBy)
def test_swapping_the_arms_mirrors_the_interval(by: DifferenceBy) -> None:
    there, back = two_shares.difference(A, B, by=by), two_shares.difference(B, A, by=by)

    assert there.estimate == pytest.approx(-back.estimate)
    assert there.interval.low == pytest.approx(-back.interval.high, abs=1e-12)
    assert there.interval.high == pytest.approx(-back.interval.low, abs=1e-12)
    assert there.p_value == pytest.approx(back.p_value)


@pytest.mark.parametrize("by", DifferenceBy)
def test_counting_failures_instead_mirrors_the_interval(by: DifferenceBy) -> None:
    successes = two_shares.difference(A, B, by=by).interval
    failures = two_shares.difference(ShareSample(1882, 2000), ShareSample(1898, 2000), by=by).interval

    assert (failures.low, failures.high) == pytest.approx((-successes.high, -successes.low), abs=1e-12)


@pytest.mark.parametrize("by", DifferenceBy)
def test_a_higher_level_is_wider_and_more_units_are_narrower(by: DifferenceBy) -> None:
    usual = two_shares.difference(A, B, by=by).interval
    surer = two_shares.difference(A, B, by=by, level=0.99).interval
    larger = two_shares.difference(ShareSample(472, 8000), ShareSample(408, 8000), by=by).interval

    assert surer.low < usual.low < larger.low < larger.high < usual.high < surer.high


@pytest.mark.parametrize("value", [-0.2, -0.03, 0.01, 0.3])
def test_the_restricted_share_maximises_the_likelihood(value: float) -> None:
    x1, n1, x0, n0 = 7, 34, 11, 60

    share = float(two_shares._restricted_share(np.array([7.0]), n1, np.array([11.0]), n0, np.array([value]))[0])

    def slope(p: float) -> float:
        return x1 / (p + value) - (n1 - x1) / (1 - p - value) + x0 / p - (n0 - x0) / (1 - p)

    best = optimize.brentq(slope, max(0, -value) + 1e-9, min(1, 1 - value) - 1e-9, xtol=1e-14)
    assert share == pytest.approx(best, abs=1e-9)


def test_the_score_against_equality_is_that_of_statsmodels() -> None:
    ours = two_shares.score(A, B, value=0.0)

    theirs = score_test_proportions_2indep(102, 2000, 118, 2000, compare="diff", correction=True).statistic
    assert ours == pytest.approx(theirs, rel=1e-10)


def test_p_value_and_interval_agree_at_the_edge() -> None:
    effect = two_shares.difference(A, B)
    level = 1 - (effect.p_value or 0)

    edge = two_shares.difference(A, B, level=level).interval

    assert edge.high == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(("x1", "x0"), [(0, 0), (30, 30), (0, 30), (30, 0)])
def test_arms_without_variation_still_get_an_honest_interval(x1: int, x0: int) -> None:
    effect = two_shares.difference(ShareSample(x0, 30), ShareSample(x1, 30))

    width = effect.interval.high - effect.interval.low
    assert effect.interval.holds(effect.estimate)
    assert 0.1 < width < 0.5
    assert -1 <= effect.interval.low <= effect.interval.high <= 1
    assert math.isfinite(effect.p_value or 0)


@pytest.mark.parametrize(
    ("successes", "n", "text"),
    [(0, 0, "without a unit"), (-1, 5, "between 0 and n"), (6, 5, "between 0 and n"), (math.nan, 5, "finite")],
)
def test_counts_without_sense_are_refused(successes: float, n: float, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        ShareSample(successes, n)


@pytest.mark.parametrize("level", [0, 1, 95, -0.1, math.nan])
def test_a_level_outside_0_to_1_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="A level must be between 0 and 1"):
        two_shares.difference(A, B, level=level)
