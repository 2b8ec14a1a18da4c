"""How often a study of drift shows a change that is none, and how often it notices the one that it named, on simulated series.

    python -m benchmarks.coverage.drift [--times 2000]

Six points, a share of 6 or 8 %, an error rate of 5 %. Without a change: contacts of companies of their own, and companies of one
contact in the first half and of three that answer alike (a correlation of 0.3) in the second, which the orders of companies do not
take to be alike. With one: the fall and the rise that `stats.drift.noticed_change` names for the last look, halfway.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stats.change_point import change_point
from stats.drift import noticed_change, spent_at

Ints = NDArray[np.int64]
POINTS, ALPHA = 6, 0.05
SHARE, MAILS = 0.06, 400


class Clusters(NamedTuple):
    """A simulated series: of each company in each point, its point, its contacts who did it and all of them."""

    points: Ints
    did: Ints
    sizes: Ints

    def p_value(self, *, covered: int, seed: int, draws: int) -> float:
        """That of the first `covered` points; 1 where nothing could be seen."""
        seen = self.points < covered
        found = change_point(
            self.points[seen].tolist(), self.did[seen].tolist(), self.sizes[seen].tolist(), seed=seed, draws=draws
        )
        return found.p_value if found else 1.0


def apart(rng: np.random.Generator) -> Clusters:
    """100 companies of one contact a point."""
    points = np.repeat(np.arange(POINTS), 100)
    return Clusters(points, (rng.random(len(points)) < 0.08).astype(np.int64), np.ones_like(points))


def companies(rng: np.random.Generator) -> Clusters:
    """80 companies a point: of one contact in the first half, of three that answer alike in the second."""
    points = np.repeat(np.arange(POINTS), 80)
    sizes = np.where(points < POINTS // 2, 1, 3)
    rates = rng.beta(0.08 * 7 / 3, 0.92 * 7 / 3, len(points))
    return Clusters(points, rng.binomial(sizes, rates), sizes)


def false_alarms(draw: Callable[[np.random.Generator], Clusters], times: int, *, draws: int) -> tuple[int, int]:
    """Series without a change of which a look shows one: as registered, and if each look took the whole error rate."""
    parts, registered, careless = spent_at(ALPHA, POINTS), 0, 0
    for number in range(times):
        series = draw(np.random.default_rng([number, 5]))
        p_values = {covered: series.p_value(covered=covered, seed=number, draws=draws) for covered in parts}
        registered += any(p_values[covered] <= part for covered, part in parts.items())
        careless += any(p_value <= ALPHA for p_value in p_values.values())
    return registered, careless


def noticed(way: str, times: int) -> tuple[float, int]:
    """The share after the change that is named for the last look, and how many of so many series show it there."""
    last = spent_at(ALPHA, POINTS)[POINTS]
    named = float(getattr(noticed_change(SHARE, [float(MAILS)] * POINTS, alpha=last), way))
    points = np.repeat(np.arange(POINTS), MAILS)
    shares = np.where(points >= POINTS // 2, named, SHARE)
    shown = 0
    for number in range(times):
        did = (np.random.default_rng([number, 6]).random(len(points)) < shares).astype(np.int64)
        shown += Clusters(points, did, np.ones_like(points)).p_value(covered=POINTS, seed=number, draws=999) <= last
    return named, shown


def main(times: int) -> None:
    """Simulate, and print a line for each world."""
    for draw in (apart, companies):
        registered, careless = false_alarms(draw, times, draws=999)
        print(f"{draw.__name__:10} false alarms {registered / times:.1%}, each look at 5 %: {careless / times:.1%}")
    for way in ("fall", "rise"):
        named, shown = noticed(way, times)
        print(f"a {way} from {SHARE:.1%} to {named:.1%}: noticed {shown / times:.1%}, named for 80 %")


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--times", type=int, default=2_000)
    main(options.parse_args().times)
