"""Bradley–Terry against evalica, which ranks chatbots by pairs."""

from __future__ import annotations

import evalica
import numpy as np
import pytest
from evalica import Winner

from stats.bradley_terry import fit
from tests.stats.test_bradley_terry import drawn

SAID = {1.0: Winner.X, 0.0: Winner.Y, 0.5: Winner.Draw}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_strengths_are_those_of_evalica(seed: int) -> None:
    rows = drawn([0.0, 0.5, -0.4, 1.2, -1.0], 400, seed)

    theirs = evalica.bradley_terry(
        [each.first for each in rows], [each.second for each in rows], [SAID[each.score] for each in rows],
        tie_weight=0.5, tolerance=1e-12, limit=10_000,
    )  # fmt: skip
    logs = np.log([theirs.scores[place] for place in range(5)])

    assert fit(rows, range(5)) == pytest.approx(logs - logs[0], abs=1e-6)
