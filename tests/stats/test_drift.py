"""Watching a share: the error rate over all looks holds, and the change that was named beforehand is noticed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.coverage import drift as simulated
from stats.change_point import change_point
from stats.drift import noticed_change, spent_at


def test_the_parts_of_the_error_rate_add_up_and_half_is_kept_for_the_last_look() -> None:
    for points in (2, 3, 6, 24):
        parts = spent_at(0.05, points)

        assert list(parts) == list(range(2, points + 1))
        assert sum(parts.values()) == pytest.approx(0.05)
    assert spent_at(0.05, 6)[6] == pytest.approx(0.025)
    assert spent_at(0.05, 2) == {2: 0.05}


def test_a_change_takes_two_points() -> None:
    with pytest.raises(ValueError, match="two points"):
        spent_at(0.05, 1)


@pytest.mark.slow
@pytest.mark.parametrize("draw", [simulated.apart, simulated.companies])
def test_looking_after_each_point_keeps_the_error_rate(draw: Any) -> None:
    registered, careless = simulated.false_alarms(draw, 200, draws=399)

    # 5 % of 200 are 10; more than 18 come in one of a hundred repetitions. The seeds are fixed.
    assert registered <= 18
    assert careless > registered


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("way", ["fall", "rise"])
def test_the_change_that_was_named_is_noticed_with_its_power(way: str) -> None:
    _, shown = simulated.noticed(way, 200)

    # Four of five, within three standard errors; the seeds are fixed.
    assert 0.715 <= shown / 200 <= 0.885


def test_more_mails_notice_less_and_few_notice_no_fall() -> None:
    few, many = (noticed_change(0.05, [units] * 6, alpha=0.025) for units in (30.0, 3_000.0))

    assert few.fall is None
    assert few.rise is not None
    assert many.fall is not None
    assert many.rise is not None
    assert 0 < many.fall < 0.05 < many.rise < few.rise


def test_many_orders_are_drawn_in_parts_and_are_as_many_as_asked() -> None:
    points = np.repeat(np.arange(4), 100)
    did = (points >= 2).astype(int).tolist()

    found = change_point(points.tolist(), did, [1] * 400, seed=2, draws=2_500)

    assert found is not None
    assert found.p_value == 1 / 2_501
