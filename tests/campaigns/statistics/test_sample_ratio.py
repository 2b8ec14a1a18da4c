"""The sample ratio check: one look, many looks, and counts without sense."""

import random

import pytest
from scipy import stats

from stats.experiments import sample_ratio


@pytest.mark.parametrize(("counts", "weights"), [([480, 520], None), ([300, 610, 95], [3, 6, 1]), ([0, 7], None)])
def test_it_is_scipys_chi_square(counts: list[int], weights: list[float] | None) -> None:
    ratio = sample_ratio.check(counts, weights)

    shares = weights or [1] * len(counts)
    theirs = stats.chisquare(counts, [sum(counts) * share / sum(shares) for share in shares])
    assert (ratio.chi2, ratio.p_value) == pytest.approx((theirs.statistic, theirs.pvalue))


def test_the_alarm_rings_below_one_in_a_thousand() -> None:
    assert not sample_ratio.check([5000, 5200]).is_alarm
    assert sample_ratio.check([5000, 5400]).is_alarm


def test_a_broken_draw_is_found_while_watching() -> None:
    broken = sample_ratio.check([10_000, 10_700])

    assert broken.is_alarm_when_watched
    assert broken.always_valid_p > broken.p_value


def test_watched_all_the_time_a_fair_draw_rarely_alarms() -> None:
    chance = random.Random(4)
    alarms = naive = 0
    for _ in range(200):
        counts, rang, naively = [0, 0], False, False
        for _ in range(40):
            heads = sum(chance.random() < 0.5 for _ in range(50))
            counts = [counts[0] + heads, counts[1] + 50 - heads]
            ratio = sample_ratio.check(counts)
            rang |= ratio.always_valid_p < 0.05
            naively |= ratio.p_value < 0.05
        alarms, naive = alarms + rang, naive + naively

    assert alarms / 200 <= 0.05
    assert naive / 200 > 0.15


@pytest.mark.parametrize(
    ("counts", "weights", "text"),
    [
        ([5], None, "at least two arms"), ([], None, "at least two arms"), ([0, 0], None, "Nothing was counted"),
        ([-1, 5], None, "whole numbers"), ([1.5, 5], None, "whole numbers"), ([True, 5], None, "whole numbers"),
        ([5, 5], [1], "2 counts but 1 weights"), ([5, 5], [1, 0], "above 0"), ([5, 5], [1, float("nan")], "above 0"),
        ([5, 5], ["a", "b"], "above 0"),
    ],
)  # fmt: skip
def test_counts_without_sense_are_refused(counts: list[int], weights: list[float] | None, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        sample_ratio.check(counts, weights)
