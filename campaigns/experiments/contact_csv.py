"""An experiment's contacts as CSV lines without a person in them: what anyone needs to compute the verdict again.

Companies are numbered: a name of one could be the whole address of a person. Pure Python.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import numpy as np

from campaigns.experiments.assignments import Assignments
from web import csv

HEAD = ("contact", "arm", "company", "segment", "first_mail", "at_horizon", "outcome")
BLOCK = 500


def lines(units: Assignments, ids: Iterable[str], sent_at: Iterable[datetime | None], *, at: datetime) -> Iterator[str]:
    """CSV in blocks, the head first.

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
