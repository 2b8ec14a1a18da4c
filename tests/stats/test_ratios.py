"""The ratio of two sums on the same units."""

import numpy as np
import pytest

from stats.intervals import ratios


def test_units_of_one_size_have_the_textbooks_interval_on_the_log() -> None:
    found = ratios.paired([11.0, 12.0, 13.0, 12.0], [10.0, 10.0, 10.0, 10.0])

    # Shares of the sums differ by -1/48, 0, 1/48, 0: an error of 0.034021, and t(0.975; 3) = 3.182446.
    assert found
    assert found.ratio == pytest.approx(1.2)
    assert found.low == pytest.approx(1.2 * np.exp(-3.182446 * 0.034021), abs=1e-4)
    assert found.high == pytest.approx(1.2 * np.exp(3.182446 * 0.034021), abs=1e-4)


def test_too_few_units_or_units_all_alike_have_none() -> None:
    assert ratios.paired([1.0, 2.0], [1.0, 1.0]) is None
    assert ratios.paired([2.0, 4.0, 6.0], [1.0, 2.0, 3.0]) is None
    assert ratios.paired([0.0, 0.0, 0.0], [1.0, 2.0, 3.0]) is None
    with pytest.raises(ValueError, match="same units"):
        ratios.paired([1.0], [1.0, 2.0])


def test_the_interval_holds_the_truth_on_eight_passages_of_unlike_length() -> None:
    chance, held = np.random.default_rng(3), 0
    words = np.array([144, 105, 115, 136, 107, 100, 94, 34.0])
    for _ in range(400):
        base = words * chance.lognormal(0, 0.15, 8)
        found = ratios.paired((base * chance.normal(1.1, 0.05, 8)).tolist(), base.tolist())
        held += found is not None and found.low <= 1.1 <= found.high

    assert 0.92 <= held / 400 <= 0.98
