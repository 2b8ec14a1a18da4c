"""Intervals hold what their name says, and looking every day raises no false alarms: measured.

A tolerance is a point plus four standard errors of the measurement where it is simulated, so that a correct method
fails once in some ten thousand runs, and with fixed seeds never by chance. `STRESS=1` repeats the drills at full count.
"""

import math
import os

import numpy as np
import pytest

from benchmarks import interval_coverage as simulation
from benchmarks.interval_coverage import Population
from stats.experiments import analysis
from stats.intervals.two_shares import DifferenceBy
from tests.campaigns.sending.conftest import drill

POINT = 0.01
WATCHED_TESTS, REPEATS = (4000, 20_000) if os.environ.get("STRESS") == "1" else (400, 2000)
REPLIES = Population(0.059, icc=0.1, largest=8)
SPEND = Population(0.65, icc=0.3, largest=5, is_binary=False)


def tolerance(repeats: int) -> float:
    return POINT + 4 * math.sqrt(0.95 * 0.05 / repeats)


@pytest.mark.parametrize(
    ("p0", "p1", "n0", "n1"),
    [
        (0.3, 0.3, 34, 34), (0.05, 0.05, 100, 100), (0.059, 0.051, 300, 300), (0.02, 0.02, 1000, 1000),
        (0.05, 0.05, 100, 1000), (0.01, 0.01, 500, 3000),
    ],
)  # fmt: skip
def test_the_default_for_independent_shares_is_exact_within_a_point(p0: float, p1: float, n0: int, n1: int) -> None:
    held = simulation.exact_coverage(DifferenceBy.MIETTINEN_NURMINEN, p0=p0, p1=p1, n0=n0, n1=n1)

    assert held == pytest.approx(0.95, abs=POINT)


@pytest.mark.parametrize("by", DifferenceBy)
def test_with_fifty_replies_an_arm_every_method_is_within_a_point(by: DifferenceBy) -> None:
    held = simulation.exact_coverage(by, p0=0.059, p1=0.051, n0=1000, n1=1000)

    assert held == pytest.approx(0.95, abs=POINT)


def test_walds_interval_does_not_hold_its_name_when_arms_are_uneven() -> None:
    wald, default = (
        simulation.exact_coverage(by, p0=0.02, p1=0.05, n0=100, n1=1000)
        for by in (DifferenceBy.WALD, DifferenceBy.MIETTINEN_NURMINEN)
    )

    assert wald < 0.90
    assert default > 0.95


@pytest.mark.slow
def test_exact_coverage_agrees_with_simulated() -> None:
    repeats = 800
    exact = simulation.exact_coverage(DifferenceBy.MIETTINEN_NURMINEN, p0=0.1, p1=0.05, n0=100, n1=100)

    drawn = simulation.simulated_coverage(
        Population(0.1), Population(0.05), n_clusters=(100, 100), repeats=repeats, interval_of=analysis.difference
    )

    assert drawn == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / repeats))


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    ("population", "n_clusters"),
    [
        (REPLIES, (30, 30)), (REPLIES, (100, 100)), (REPLIES, (100, 200)), (SPEND, (200, 200)),
        (Population(0.3, 0.3, 8), (10, 10)),
    ],
)  # fmt: skip
def test_the_cluster_robust_interval_is_within_a_point(population: Population, n_clusters: tuple[int, int]) -> None:
    repeats = 2000

    held = simulation.simulated_coverage(population, population, n_clusters=n_clusters, repeats=repeats)

    assert held == pytest.approx(0.95, abs=tolerance(repeats))


@pytest.mark.slow
def test_with_a_true_difference_the_cluster_robust_interval_is_within_a_point() -> None:
    repeats = 2000
    worse = Population(0.03, icc=0.1, largest=8)

    held = simulation.simulated_coverage(REPLIES, worse, n_clusters=(150, 150), repeats=repeats)

    assert held == pytest.approx(0.95, abs=tolerance(repeats))


@pytest.mark.slow
def test_with_hardly_a_reply_the_default_errs_on_the_careful_side() -> None:
    rare = Population(0.02, icc=0.1, largest=3)

    held = simulation.simulated_coverage(
        rare, rare, n_clusters=(100, 100), repeats=400, interval_of=analysis.difference
    )

    assert held > 0.95


@pytest.mark.slow
def test_forgetting_the_clusters_makes_an_interval_that_lies() -> None:
    held = simulation.simulated_coverage(
        Population(0.3, 0.3, 8), Population(0.3, 0.3, 8), n_clusters=(50, 50), repeats=1000,
        interval_of=simulation.as_if_independent,
    )  # fmt: skip

    assert held < 0.88


@pytest.mark.slow
@pytest.mark.parametrize(
    ("population", "n_clusters"),
    [(Population(0.059), 3000), (REPLIES, 300), (Population(0.3, 0.3, 8), 60), (SPEND, 300)],
)
def test_looking_twenty_times_raises_few_false_alarms_where_the_naive_reading_raises_many(
    population: Population, n_clusters: int
) -> None:
    alarms = simulation.false_alarms(population, n_clusters=n_clusters, tests=500, looks=20)

    assert alarms.always_valid <= 0.05
    assert alarms.naive > 0.15
    assert alarms.at_the_end == pytest.approx(0.05, abs=tolerance(500))


@pytest.mark.slow
@drill
@pytest.mark.parametrize(("population", "n_clusters"), simulation.WATCHED, ids=str)
def test_false_alarms_are_few_in_every_population_that_the_documents_name(
    population: Population, n_clusters: int
) -> None:
    alarms = simulation.false_alarms(population, n_clusters=n_clusters, tests=WATCHED_TESTS, looks=20, seed=7)

    assert alarms.always_valid <= 0.05
    assert alarms.naive > 0.15


@pytest.mark.slow(after_first=True)
@drill
@pytest.mark.parametrize("base", [0.02, 0.059, 0.3])
@pytest.mark.parametrize("icc", [0.0, 0.05, 0.3])
def test_cluster_robust_coverage_is_within_a_point_at_every_share_and_likeness(base: float, icc: float) -> None:
    population = Population(base, icc, 8)

    held = simulation.simulated_coverage(population, population, n_clusters=(300, 300), repeats=REPEATS, seed=11)

    assert held == pytest.approx(0.95, abs=tolerance(REPEATS))


def test_an_arm_drawn_has_the_mean_and_the_likeness_it_names() -> None:
    arm = Population(0.2, icc=0.25, largest=9).draw(np.random.default_rng(3), 5000)

    assert arm.mean == pytest.approx(0.2, abs=0.01)
    # A cluster's total has the variance m p (1 - p) (1 + (m - 1) icc).
    squares = (arm.totals - 0.2 * arm.sizes) ** 2 / (0.2 * 0.8)
    assert (squares - arm.sizes).sum() / (arm.sizes * (arm.sizes - 1)).sum() == pytest.approx(0.25, abs=0.03)
