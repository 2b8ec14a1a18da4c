"""The best run by validation loss, those too near to tell, and the chart."""

from __future__ import annotations

import math

from training.sweeps.ranking import chart, ranking

GRID = {"learning_rate": [1e-3, 1e-4], "rank": [8, 16], "epochs": [1], "share": [1.0]}


def row(position, loss, seconds=10.0, **values):
    place = {"learning_rate": 1e-3, "rank": 8, "epochs": 1, "share": 1.0, **values}
    return {"position": position, "validation_loss": loss, "seconds": seconds, "values": place}


def test_the_lowest_validation_loss_is_best_whatever_the_order():
    found = ranking([row(1, 1.0), row(2, 0.5), row(3, 0.9)])

    assert found.best["position"] == 2
    assert found.near == ()


def test_of_equal_losses_the_faster_run_is_best():
    assert ranking([row(1, 0.5, seconds=20), row(2, 0.5, seconds=10)]).best["position"] == 2


def test_runs_within_a_hundredth_are_named_the_cheapest_first():
    found = ranking([row(1, 0.500), row(2, 0.504, seconds=9), row(3, 0.5049, seconds=2), row(4, 0.51)])

    assert [near["position"] for near in found.near] == [3, 2]


def test_a_run_without_a_number_is_never_best():
    assert ranking([row(1, None), row(2, math.nan), row(3, 2.0)]).best["position"] == 3
    assert ranking([row(1, None)]).best is None
    assert ranking([]).best is None


def test_the_chart_spreads_the_widest_axis_and_draws_a_line_for_each_of_the_others():
    rows = [
        row(1, 0.9), row(2, 0.8, learning_rate=1e-4), row(3, 0.7, rank=16), row(4, None, rank=16, learning_rate=1e-4),
    ]  # fmt: skip

    drawn = chart(rows, GRID)

    assert drawn["x"] == {"label": "learning rate", "log10": True}
    assert [(each["name"], each["points"]) for each in drawn["series"]] == [
        ("rank 8", [[-4.0, 0.8], [-3.0, 0.9]]), ("rank 16", [[-3.0, 0.7]]),
    ]  # fmt: skip


def test_nothing_is_drawn_until_two_values_of_the_widest_axis_are_measured():
    rows = [row(1, 0.9), row(2, None, learning_rate=1e-4), row(3, 0.7, rank=16)]

    assert chart(rows, GRID)["series"] == []
