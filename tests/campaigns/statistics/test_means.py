"""Welch and the delta method."""

import numpy as np
import pytest
from scipy import stats

from stats.intervals import two_means
from stats.intervals.samples import MeanSample, ShareSample


def sample(values: np.ndarray) -> MeanSample:
    return MeanSample(float(values.sum()), float((values**2).sum()), len(values))


@pytest.fixture
def arms() -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(5)
    return chance.lognormal(0, 1, 80), chance.lognormal(0.2, 1.2, 130)


def test_the_difference_is_scipys_welch_test(arms: tuple[np.ndarray, np.ndarray]) -> None:
    effect = two_means.difference(sample(arms[0]), sample(arms[1]))

    theirs = stats.ttest_ind(arms[1], arms[0], equal_var=False)
    interval = theirs.confidence_interval()
    assert effect.p_value == pytest.approx(theirs.pvalue)
    assert effect.df == pytest.approx(theirs.df)
    assert (effect.interval.low, effect.interval.high) == pytest.approx((interval.low, interval.high))


def test_another_currency_scales_the_difference_and_leaves_the_uplift(arms: tuple[np.ndarray, np.ndarray]) -> None:
    dollars = sample(arms[0]), sample(arms[1])
    cents = sample(arms[0] * 100), sample(arms[1] * 100)

    assert two_means.difference(*cents).estimate == pytest.approx(100 * two_means.difference(*dollars).estimate)
    assert two_means.difference(*cents).p_value == pytest.approx(two_means.difference(*dollars).p_value)
    assert two_means.relative_uplift(*cents).interval.low == pytest.approx(
        two_means.relative_uplift(*dollars).interval.low
    )


def test_what_has_no_answer_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="control of 0"):
        two_means.relative_uplift(ShareSample(0, 50), ShareSample(3, 50))
    with pytest.raises(ValueError, match="no variation"):
        two_means.difference(ShareSample(0, 50), ShareSample(0, 50))
    with pytest.raises(ValueError, match="at least two units"):
        two_means.difference(ShareSample(1, 1), ShareSample(3, 50))
    with pytest.raises(ValueError, match="at least two units"):
        MeanSample(1.0, 1.0, 1)
    with pytest.raises(ValueError, match="finite"):
        MeanSample(float("nan"), 1.0, 10)
    with pytest.raises(ValueError, match="smaller than these numbers allow"):
        MeanSample(10.0, 1.0, 10)
