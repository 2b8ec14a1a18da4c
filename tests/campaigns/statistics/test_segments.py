"""Segments beside one another: where the difference varies it is found, where it does not it is rarely claimed."""

import numpy as np
import pytest

from stats.experiments import segments
from stats.intervals.samples import ClusteredSample
from tests.campaigns.statistics.arms import of_counts


def counts(**arms: tuple[int, int]) -> dict[str, ClusteredSample]:
    return {name: of_counts(*arm) for name, arm in arms.items()}


def test_a_segment_in_which_the_teacher_wins_is_found() -> None:
    teacher = counts(retail=(60, 1000), industry=(58, 1000), health=(110, 1000))
    miniature = counts(retail=(61, 1000), industry=(62, 1000), health=(50, 1000))

    found = segments.spread(teacher, miniature)

    assert found.varies
    by_name = {one.segment: one for one in found.segments}
    assert by_name["health"].effect.interval.high < 0
    assert by_name["health"].adjusted_p < 0.001 < 0.5 < by_name["retail"].adjusted_p
    assert (by_name["health"].control_mean, by_name["health"].treatment_mean) == (0.11, 0.05)


def test_q_is_the_weighted_spread() -> None:
    found = segments.spread(counts(a=(50, 1000), b=(80, 900)), counts(a=(60, 1000), b=(70, 950)))

    one, other = (segment.effect for segment in found.segments)
    assert one.se and other.se
    assert found.q == pytest.approx((one.estimate - other.estimate) ** 2 / (one.se**2 + other.se**2))
    assert found.df == 1


@pytest.mark.slow
def test_where_nothing_varies_a_spread_is_claimed_as_rarely_as_the_level_says() -> None:
    chance = np.random.default_rng(8)
    claimed = 0
    for _ in range(100):
        arms = [{name: of_counts(int(chance.binomial(800, 0.1)), 800) for name in "abcd"} for _ in range(2)]
        claimed += segments.spread(*arms).varies

    assert claimed / 100 == pytest.approx(0.05, abs=0.01 + 4 * (0.05 * 0.95 / 100) ** 0.5)


def test_a_segment_without_an_arm_or_without_variation_is_left_out_and_named() -> None:
    flat = ClusteredSample.of_units([2.5, 2.5, 2.5])
    bought = ClusteredSample.of_units([0.0, 3.5, 1.0])

    found = segments.spread({"a": bought, "flat": flat, "only": bought}, {"a": bought, "flat": flat})

    assert [one.segment for one in found.segments] == ["a"]
    assert found.left_out == ("flat", "only")
    assert found.q is None and found.p_value is None and not found.varies


def test_a_level_without_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="A level"):
        segments.spread({}, {}, level=95)
