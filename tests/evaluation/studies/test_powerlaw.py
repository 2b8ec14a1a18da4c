"""The curve is found where it is known, its intervals hold their name, and what does not follow it is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from stats import power_law
from stats.resampling.seed_bootstrap import draws, interval

A, B, C = 4.0, 0.5, 0.9
SIZES = np.array([20.0, 40.0, 80.0, 160.0])


def simulate(chance: Any, sizes: Any, *, seeds: int, records: int = 40) -> list[Any]:
    """Cells as a study would measure them: records differ most, seeds a little, each cell a little by itself."""
    of_record = chance.normal(0, 0.25, records)
    return [
        A * n**-B + C + of_record[None, :] + chance.normal(0, 0.02, (seeds, 1))
        + chance.normal(0, 0.03, (seeds, records))
        for n in sizes
    ]  # fmt: skip


def test_a_curve_without_noise_is_found_exactly() -> None:
    found = power_law.fit(SIZES, (A * SIZES**-B + C)[None, :])

    assert found.a[0] == pytest.approx(A, rel=0.02)
    assert found.b[0] == pytest.approx(B, rel=0.02)
    assert found.c[0] == pytest.approx(C, rel=0.02)
    assert found.at(460)[0] == pytest.approx(A * 460**-B + C, rel=1e-3)


def test_rows_are_fitted_each_by_itself() -> None:
    rows = np.stack([A * SIZES**-B + C, 2 * SIZES**-1.0 + 0.2])

    both = power_law.fit(SIZES, rows)

    assert both.b == pytest.approx([B, 1.0], rel=0.02)
    assert both.over(SIZES) == pytest.approx(rows, rel=1e-3)


def test_losses_that_grow_with_size_are_not_bent_into_a_falling_curve() -> None:
    found = power_law.fit(SIZES, (1 + SIZES / 100)[None, :])

    assert found.at(200)[0] > found.at(20)[0]


def test_the_floor_is_never_below_zero() -> None:
    found = power_law.fit(SIZES, np.array([[0.9, 0.5, 0.2, 0.05]]))

    assert found.c[0] == 0


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [2, 3])
def test_known_parameters_lie_in_their_interval_at_the_named_rate(seeds: int) -> None:
    chance, hits, times = np.random.default_rng(5), np.zeros(4), 200
    truth = (A, B, C, (A * 160**-B) - A * 460**-B)

    for number in range(times):
        curves = power_law.fit(SIZES, draws(simulate(chance, SIZES, seeds=seeds), count=300, seed=number))
        bounds = [interval(each) for each in (curves.a, curves.b, curves.c, curves.at(160) - curves.at(460))]
        hits += [low <= true <= high for (low, high), true in zip(bounds, truth, strict=True)]

    # 95 % named; three standard errors of 200 trials are 4.6 points.
    assert (hits / times >= 0.904).all(), hits / times


@pytest.mark.slow
def test_losses_that_follow_a_curve_are_seldom_called_a_misfit() -> None:
    chance, alarms, times = np.random.default_rng(3), 0, 150

    for number in range(times):
        cells = simulate(chance, SIZES, seeds=2)
        means = np.array([cell.mean() for cell in cells])
        alarms += power_law.misfit(SIZES, means, draws(cells, count=300, seed=number)) < 0.05

    # 5 % named; three standard errors of 150 trials are 5.3 points.
    assert alarms / times <= 0.103


def test_losses_that_bend_the_other_way_are_called_a_misfit() -> None:
    means = np.array([0.93, 0.60, 0.33, 0.13])
    drawn = means + np.random.default_rng(1).normal(0, 0.012, (1000, 4))

    assert power_law.misfit(SIZES, means, drawn) < 0.01
