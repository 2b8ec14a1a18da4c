"""Everyone an experiment assigned, column by column, and the same summed up by cluster in the order of ripeness.

A contact is *ripe* once what it does cannot count any more: its horizon is over. Only then is its outcome complete, so
only ripe clusters enter an analysis; each enters once, whole, with everyone in it (intention to treat).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from stats.intervals.distributions import Floats, Ints
from stats.intervals.samples import ClusteredSample
from web import csv


@dataclass(frozen=True, slots=True, eq=False)
class Assignments:
    """Contacts that were assigned.

    Attributes:
        arm: Index of each contact's arm, (N,).
        cluster: Number of its company from 0, (N,); a company is in one arm.
        segment: Index of its segment, (N,).
        ripe_at: When its outcome is complete, seconds of the epoch, (N,); infinite while that is not known.
        outcome: 1 if what counts happened within the horizon, else 0, (N,).
    """

    arms: tuple[str, ...]
    segments: tuple[str, ...]
    arm: Ints
    cluster: Ints
    segment: Ints
    ripe_at: Floats
    outcome: Floats

    @property
    def n(self) -> int:
        return len(self.arm)

    def clusters(self) -> AssignedClusters:
        return _clusters(self.arms, self.arm, self.cluster, self.ripe_at, self.outcome)

    def clusters_of_segment(self, segment: int) -> AssignedClusters:
        inside = self.segment == segment
        _, number = np.unique(self.cluster[inside], return_inverse=True)
        return _clusters(self.arms, self.arm[inside], number, self.ripe_at[inside], self.outcome[inside])


@dataclass(frozen=True, slots=True, eq=False)
class AssignedClusters:
    """Companies in the order in which they are ripe.

    Attributes:
        totals: Sum of their outcomes, (G,).
        ripe_at: When the last of its contacts is ripe, seconds of the epoch, (G,), increasing.
    """

    arms: tuple[str, ...]
    arm: Ints
    sizes: Ints
    totals: Floats
    ripe_at: Floats

    def ripe(self, at_s: float) -> AssignedClusters:
        return self.first(int(np.searchsorted(self.ripe_at, at_s, side="right")))

    def first(self, count: int) -> AssignedClusters:
        return AssignedClusters(
            self.arms, self.arm[:count], self.sizes[:count], self.totals[:count], self.ripe_at[:count]
        )

    def outcomes(self) -> dict[str, ClusteredSample]:
        """Return the sample of each arm; arms without a cluster are left out."""
        by_name = {}
        for index, name in enumerate(self.arms):
            mine = self.arm == index
            if mine.any():
                by_name[name] = ClusteredSample(self.sizes[mine], self.totals[mine], is_binary=True)
        return by_name

    def counts(self) -> list[int]:
        return [int(count) for count in np.bincount(self.arm, minlength=len(self.arms))]

    def contacts(self) -> list[int]:
        return [int(n) for n in np.bincount(self.arm, weights=self.sizes, minlength=len(self.arms))]


def _clusters(arms: tuple[str, ...], arm: Ints, number: Ints, ripe_at: Floats, outcome: Floats) -> AssignedClusters:
    count = int(number.max()) + 1 if len(number) else 0
    whose = np.zeros(count, dtype=np.int64)
    whose[number] = arm
    last = np.full(count, -np.inf)
    np.maximum.at(last, number, ripe_at)
    sizes = np.bincount(number, minlength=count).astype(np.int64)
    totals = np.bincount(number, weights=outcome, minlength=count).astype(np.float64)
    # Equal times in one order on every machine: by number.
    order = np.argsort(last, kind="stable")
    return AssignedClusters(arms, whose[order], sizes[order], totals[order], last[order])


HEAD = ("contact", "arm", "company", "segment", "first_mail", "at_horizon", "outcome")
BLOCK = 500


def csv_lines(
    units: Assignments, ids: Iterable[str], sent_at: Iterable[datetime | None], *, at: datetime
) -> Iterator[str]:
    """Return the contacts as CSV in blocks, the head first: all that the verdict is computed from, and no person.

    Companies are numbered: a name of one could be the whole address of a person.

    Args:
        at: The moment that tells who is at the horizon.
    """
    block = [csv.line(HEAD)]
    ripe = np.asarray(units.ripe_at) <= at.timestamp()
    for number, (pk, went) in enumerate(zip(ids, sent_at, strict=True)):
        block.append(
            csv.line(
                [
                    pk,
                    units.arms[units.arm[number]],
                    f"c{units.cluster[number]}",
                    units.segments[units.segment[number]],
                    went.astimezone(UTC).date().isoformat() if went else "",
                    int(ripe[number]),
                    int(units.outcome[number]),
                ]
            )
        )
        if number % BLOCK == BLOCK - 1:
            yield "".join(block)
            block = []
    yield "".join(block)
