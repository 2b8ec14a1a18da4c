"""How often shares by a judge's word, corrected by experts' verdicts, hold the truth; and how much narrower a judge makes them.

    python -m benchmarks.coverage.judges [--times 2000]

Texts pass with a share; the judge is right about so many of those that pass, and of those that do not. *own*: experts judged some of
the same 2,000 texts. *others*: experts judged texts of which 70 % pass, and the judge 101 new ones. Width is that of the interval
over that of the experts' verdicts alone. The last line is one JSON object: both by case.
"""

from __future__ import annotations

import argparse
import json
from itertools import product

import numpy as np

from stats.intervals.judged_shares import CorrectedShare, JudgedVerdicts, post_stratified, rogan_gladen
from stats.intervals.shares import wilson

SHARES, VERDICTS = (0.5, 0.75, 0.9, 0.97), (60, 120, 240, 500)
JUDGES = ((0.95, 0.9), (0.9, 0.8), (0.8, 0.6))
TEXTS, NEW, OTHERS = 2_000, 101, 0.7


def drawn(chance: np.random.Generator, share: float, judge: tuple[float, float], n: int) -> JudgedVerdicts:
    """What experts and judge say of n texts."""
    good = int(chance.binomial(n, share))
    both, neither = int(chance.binomial(good, judge[0])), int(chance.binomial(n - good, judge[1]))
    return JudgedVerdicts(both, good - both, n - good - neither, neither)


def own(
    chance: np.random.Generator, share: float, judge: tuple[float, float], n: int
) -> tuple[CorrectedShare | None, float]:
    """Corrected by n verdicts on the same texts; and the width that the verdicts alone give."""
    seen, rest = drawn(chance, share, judge, n), drawn(chance, share, judge, TEXTS - n)
    alone = wilson(seen.good, n)
    return post_stratified(seen, _passed(seen) + _passed(rest), TEXTS), alone.high - alone.low


def others(
    chance: np.random.Generator, share: float, judge: tuple[float, float], n: int
) -> tuple[CorrectedShare | None, float]:
    """Corrected by n verdicts on other texts; the width is not compared."""
    new = drawn(chance, share, judge, NEW)
    return rogan_gladen(drawn(chance, OTHERS, judge, n), _passed(new), NEW), 1.0


def _passed(verdicts: JudgedVerdicts) -> int:
    return verdicts.both + verdicts.judge_alone


def main(times: int) -> None:
    """Simulate, and print a line for each case."""
    rows = {}
    for method, share, judge, n in product((own, others), SHARES, JUDGES, VERDICTS):
        chance = np.random.default_rng(1)
        found = [method(chance, share, judge, n) for _ in range(times)]
        told = [(corrected, width) for corrected, width in found if corrected is not None]
        held = float(np.mean([corrected.low <= share <= corrected.high for corrected, _ in told]))
        width = float(np.mean([(corrected.high - corrected.low) / alone for corrected, alone in told]))
        case = f"{method.__name__}, {share} pass, judge {judge[0]} and {judge[1]}, {n} verdicts"
        rows[case] = {"coverage": held, "width": width, "told": len(told) / times}
        print(case, f"coverage {held:.1%}, width {width:.2f}, told {len(told) / times:.0%}", flush=True)
    print(json.dumps({"times": times, "lowest": min(row["coverage"] for row in rows.values()), "cases": rows}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=2_000)
    main(parser.parse_args().times)
