"""Thresholds that keep a bound: against scipy's exact tail, and by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta, binom

from stats.risk_control import binomial_p, fewest, least_share, safe_threshold


@pytest.mark.parametrize(("wrong", "of", "bound"), [(0, 149, 0.02), (3, 400, 0.02), (7, 60, 0.1), (60, 60, 0.5)])
def test_the_tail_is_the_binomials(wrong: int, of: int, bound: float) -> None:
    assert binomial_p(wrong, of, bound) == pytest.approx(binom.cdf(wrong, of, bound))


def test_so_many_faultless_answers_are_needed_and_no_more() -> None:
    assert fewest(0.02) == 149
    assert binomial_p(0, 149, 0.02) <= 0.05 < binomial_p(0, 148, 0.02)


def test_the_least_share_is_clopper_and_pearsons() -> None:
    assert least_share(0, 40) == 0.0
    assert least_share(5, 100) == pytest.approx(beta.ppf(0.05, 5, 96))


def test_too_few_answers_show_nothing() -> None:
    assert safe_threshold([0.9] * 148, [False] * 148, bound=0.02) is None
    assert safe_threshold([0.9] * 149, [False] * 149, bound=0.02) is not None


def test_equal_scores_are_never_parted_and_what_errs_stays_below() -> None:
    scores = [0.9] * 200 + [0.1] * 100
    wrong = [False] * 200 + [True, False] * 50
    found = safe_threshold(scores, wrong, bound=0.02)

    assert found is not None and (found.score, found.wrong, found.of) == (0.9, 0, 200)


@pytest.mark.parametrize(("bound", "level"), [(0.0, 0.95), (1.0, 0.95), (0.02, 1.0)])
def test_no_bound_is_no_bound(bound: float, level: float) -> None:
    with pytest.raises(ValueError, match="between"):
        safe_threshold([0.5], [False], bound=bound, level=level)


def test_the_bound_is_broken_no_oftener_than_stated() -> None:
    """A judge whose wrong ones score less: of 400 samples the share wrong above the threshold exceeds 5 % in at most 5 %."""
    chance, broken, told = np.random.default_rng(7), 0, 0
    for _ in range(400):
        wrong = chance.random(300) < 0.25
        scores = np.where(wrong, chance.normal(0, 1, 300), chance.normal(2, 1, 300))
        found = safe_threshold(list(scores), list(wrong), bound=0.05)
        if found is not None:
            told += 1
            above_wrong, above_right = 0.25 * (1 - _cdf(found.score)), 0.75 * (1 - _cdf(found.score - 2))
            broken += above_wrong / (above_wrong + above_right) > 0.05

    # Standard error 1.1 points; the seed is fixed.
    assert told > 200 and broken / 400 <= 0.05


def _cdf(z: float) -> float:
    from statistics import NormalDist

    return NormalDist().cdf(z)
