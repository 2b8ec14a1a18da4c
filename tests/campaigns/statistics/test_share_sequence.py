"""The always-valid lower bound of a share: against an oracle, and looked at after every unit."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats

from stats.intervals.shares import wilson
from stats.share_sequence import log_evidence, lower_bound


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
