"""Measured coverage of the intervals, and false alarm rates under repeated looks.

Shares of independent units are counted out exactly over all outcomes; the rest is simulated with the production
functions. `python -m benchmarks.interval_coverage` prints the tables of `docs/experiments.md`.
It knows the truth of its populations, and nothing of real experiments.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stats.experiments import analysis
from stats.intervals import always_valid as intervals_always_valid
from stats.intervals import distributions, two_clustered, two_shares
from stats.intervals.effects import Effect
from stats.intervals.samples import ClusteredSample
from stats.intervals.two_shares import LEVEL, DifferenceBy

# Pairs of counts rarer than this do not move a coverage in its fourth digit.
RAREST = 1e-7


@dataclass(frozen=True, slots=True)
class Population:
    """Arms of clusters with a random effect.

    Attributes:
        base: Mean outcome of a unit: a share if binary.
        icc: Intraclass correlation, 0 to 1.
        largest: Cluster sizes are drawn from 1 to this.
        is_binary: Beta-binomial if so, else a skewed amount: mostly zero, sometimes lognormal, scaled by the cluster.
    """

    base: float
    icc: float = 0.0
    largest: int = 1
    is_binary: bool = True

    def draw(self, chance: np.random.Generator, n_clusters: int) -> ClusteredSample:
        sizes = chance.integers(1, self.largest + 1, n_clusters)
        if self.is_binary:
            return ClusteredSample(sizes, self._successes(chance, sizes).astype(np.float64), is_binary=True)
        scale = chance.gamma(1 / self.icc, self.icc, n_clusters) if self.icc else np.ones(n_clusters)
        index = np.repeat(np.arange(n_clusters), sizes)
        # Mean of lognormal(-1/2, 1) is 1, and one unit in five buys.
        amounts = (chance.random(len(index)) < 0.2) * chance.lognormal(-0.5, 1, len(index)) * 5 * self.base
        return ClusteredSample(
            sizes, np.bincount(index, weights=amounts * scale[index]).astype(np.float64), is_binary=False
        )

    def _successes(self, chance: np.random.Generator, sizes: distributions.Ints) -> distributions.Ints:
        if not self.icc:
            return chance.binomial(sizes, self.base)
        strength = 1 / self.icc - 1
        shares = chance.beta(self.base * strength, (1 - self.base) * strength, len(sizes))
        return chance.binomial(sizes, shares)


@dataclass(frozen=True, slots=True)
class Alarms:
    """Share of A/A tests that raised a false alarm at one look or more.

    Attributes:
        naive: By the single-look interval read at every look.
        at_the_end: By the single-look interval read once, at the last look.
    """

    always_valid: float
    naive: float
    at_the_end: float
    tests: int
    looks: int


def exact_coverage(by: DifferenceBy, *, p0: float, p1: float, n0: int, n1: int) -> float:
    """Chance that the interval for p1 - p0 holds it, summed over all pairs of counts."""
    chances0, chances1 = distributions.binomial_chances(n0, p0), distributions.binomial_chances(n1, p1)
    kept0, kept1 = np.flatnonzero(chances0 > RAREST), np.flatnonzero(chances1 > RAREST)
    x0, x1 = (grid.ravel().astype(np.float64) for grid in np.meshgrid(kept0, kept1))
    low, high = two_shares.difference_bounds(x1, n1, x0, n0, by=by, level=LEVEL)
    weight = np.outer(chances1[kept1], chances0[kept0]).ravel()
    gap = p1 - p0
    # A bound that equals the truth but for rounding holds it.
    holds = (low <= gap + 1e-12) & (gap - 1e-12 <= high)
    return float(weight[holds].sum() / weight.sum())


def simulated_coverage(
    control: Population,
    treatment: Population,
    *,
    n_clusters: tuple[int, int],
    repeats: int,
    seed: int = 1,
    interval_of: Callable[[ClusteredSample, ClusteredSample], Effect] = two_clustered.difference,
) -> float:
    """Share of repetitions whose interval holds the true difference of the two populations.

    A repetition in which nothing varies gives no interval and counts as held: nothing false was said.
    """
    chance = np.random.default_rng(seed)
    gap = treatment.base - control.base
    held = 0
    for _ in range(repeats):
        arms = control.draw(chance, n_clusters[0]), treatment.draw(chance, n_clusters[1])
        effect = _or_none(interval_of, *arms)
        held += effect is None or effect.interval.holds(gap)
    return held / repeats


def false_alarms(population: Population, *, n_clusters: int, tests: int, looks: int = 20, seed: int = 1) -> Alarms:
    """A/A tests, both arms from one population, each looked at so many times at even steps.

    Args:
        n_clusters: Draws an arm at the last look; the always-valid interval is tuned for both arms' draws then.
    """
    chance = np.random.default_rng(seed)
    steps = np.linspace(0, n_clusters, looks + 1)[1:].astype(int)
    raised = np.zeros((tests, 3), dtype=bool)
    for test in range(tests):
        arms = population.draw(chance, n_clusters), population.draw(chance, n_clusters)
        raised[test] = _alarms_of_one(arms, steps)
    always, naive, end = raised.mean(axis=0)
    return Alarms(float(always), float(naive), float(end), tests, looks)


def _alarms_of_one(arms: tuple[ClusteredSample, ClusteredSample], steps: distributions.Ints) -> tuple[bool, bool, bool]:
    always = naive = single = False
    for step in steps:
        samples = [ClusteredSample(arm.sizes[:step], arm.totals[:step], arm.is_binary) for arm in arms]
        effect = _or_none(two_clustered.difference, *samples)
        single = effect is not None and not effect.interval.holds(0.0)
        naive |= single
        if effect is not None:
            watched = intervals_always_valid.always_valid(effect, 2 * step, tuned_for=2 * steps[-1])
            always |= not watched.interval.holds(0.0)
    return always, naive, single


def main() -> None:
    """Print the tables of `docs/experiments.md`; some minutes."""
    _print_shares()
    _print_clusters()
    _print_alarms()


def _print_shares() -> None:
    _head("shares", "units", *(by.value for by in DifferenceBy))
    for p0, p1, n0, n1 in SHARES:
        held = [f"{exact_coverage(by, p0=p0, p1=p1, n0=n0, n1=n1):.2%}" for by in DifferenceBy]
        sys.stdout.write(f"| {p0:.1%}, {p1:.1%} | {n0:,}, {n1:,} | " + " | ".join(held) + " |\n")


def _print_clusters() -> None:
    _head("outcome", "icc", "sizes", "clusters an arm", "default", "cluster-robust t", "as if independent")
    for population, n_clusters in CLUSTERED:
        # Without its clusters, an amount's spread inside a cluster would have to be known.
        methods = (analysis.difference, two_clustered.difference, as_if_independent)[: 3 if population.is_binary else 2]
        held = [
            simulated_coverage(population, population, n_clusters=n_clusters, repeats=10_000, interval_of=method)
            for method in methods
        ]
        cells = [f"{share:.1%}" for share in held] + ["–"] * (3 - len(held))
        sys.stdout.write(f"{_row(population, n_clusters)} | " + " | ".join(cells) + " |\n")


def _print_alarms() -> None:
    _head("outcome", "icc", "sizes", "clusters an arm", "always-valid", "naive", "once, at the end")
    for population, n_clusters in WATCHED:
        alarms = false_alarms(population, n_clusters=n_clusters, tests=2000)
        shares = (alarms.always_valid, alarms.naive, alarms.at_the_end)
        sys.stdout.write(
            f"{_row(population, (n_clusters,))} | " + " | ".join(f"{share:.1%}" for share in shares) + " |\n"
        )


def _head(*names: str) -> None:
    sys.stdout.write(f"\n| {' | '.join(names)} |\n{'|---' * len(names)}|\n")


def _row(population: Population, n_clusters: tuple[int, ...]) -> str:
    outcome = f"share {population.base:.1%}" if population.is_binary else f"skewed amount {population.base:g}"
    counts = " and ".join(f"{n:,}" for n in dict.fromkeys(n_clusters))
    return f"| {outcome} | {population.icc:g} | 1 to {population.largest} | {counts}"


def as_if_independent(control: ClusteredSample, treatment: ClusteredSample) -> Effect:
    """Welch over units that forgets their clusters; for shares, where a cluster's total tells its units."""
    units = (np.repeat([1.0, 0.0], [int(arm.total), arm.n - int(arm.total)]) for arm in (control, treatment))
    return two_clustered.difference(*map(ClusteredSample.of_units, units))


def _or_none(
    interval_of: Callable[[ClusteredSample, ClusteredSample], Effect], *arms: ClusteredSample
) -> Effect | None:
    try:
        return interval_of(*arms)
    except ValueError:
        return None


SHARES = [
    (0.05, 0.05, 34, 34),
    (0.3, 0.3, 34, 34),
    (0.05, 0.05, 100, 100),
    (0.059, 0.051, 300, 300),
    (0.02, 0.02, 1000, 1000),
    (0.059, 0.051, 3000, 3000),
    (0.05, 0.05, 100, 1000),
    (0.02, 0.05, 100, 1000),
    (0.01, 0.01, 500, 3000),
]
REPLIES = Population(0.059, 0.1, 8)
SPEND = Population(0.65, 0.3, 5, is_binary=False)
CLUSTERED = [
    (Population(0.3, 0.3, 8), (10, 10)),
    (Population(0.3, 0.3, 8), (30, 30)),
    (REPLIES, (15, 15)),
    (REPLIES, (30, 30)),
    (REPLIES, (100, 100)),
    (REPLIES, (300, 300)),
    (REPLIES, (100, 400)),
    (REPLIES, (50, 500)),
    (Population(0.02, 0.1, 8), (100, 100)),
    (SPEND, (20, 20)),
    (SPEND, (200, 200)),
    (SPEND, (200, 1000)),
]
WATCHED = [
    (Population(0.059), 3000),
    (Population(0.059), 300),
    (REPLIES, 600),
    (REPLIES, 100),
    (Population(0.3, 0.3, 8), 60),
    (Population(0.3, 0.3, 8), 20),
    (SPEND, 300),
]


if __name__ == "__main__":
    main()
