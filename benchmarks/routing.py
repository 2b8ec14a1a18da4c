"""How often a router's promise is broken where a setting truly loses just the margin, on simulated verdicts.

    python -m benchmarks.routing [--times 500] [--pairs 300]

Four worlds, each so many times, at a margin of 2 points and 95 %. *Alone*: one setting that loses just the margin, where few
and where many pairs differ. *Path*: ten thresholds, of which the fourth loses just the margin and the earlier ones less.
*Waited for*: a lead counts pairs, has 100 more judged until there are as many as are asked for, and then tries once. A promise is
broken where thresholds are set by which the whole truly loses the margin or more. Then the size of the test added up over all
outcomes for `pairs` pairs (no chance in it) and for as many as are asked for, and the power with as many pairs as are asked for.
*Audited*: who looks at the audit after every pair, 2,000 pairs long, where the loss is just the margin. The last line is one JSON
object; `ratio` is the share broken in all worlds over 0.05, `exact` the greatest of the exact sizes, `power` the least, and
`false_alarms` the share of audits that ever call a kept promise broken.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from functools import cache
from math import log
from typing import Final

import numpy as np
from scipy.stats import binom

from stats import loss_sequence, paired_loss, routing
from stats.paired_loss import PairCounts, pairs_needed
from stats.routing import JudgedUnit

MARGIN: Final = 0.02
ERROR: Final = 0.05
FEW, MANY = 0.03, 0.1
# Of the exact sum, which is near the margin where nearly only losses occur.
NUISANCES: Final = (0.021, 0.03, 0.05, 0.1, 0.15, 0.2)
STEPS: Final = 10
AUDITED: Final = 2_000


def main(times: int, pairs: int) -> None:
    """Simulate and add up, and print a line for each."""
    chance = np.random.default_rng(7)
    broken = {
        "alone, 3 % differ": alone(chance, FEW, times),
        "alone, 10 % differ": alone(chance, MANY, times),
        "path": on_path(chance, times),
        "waited for": waited_for(chance, times),
    }
    for world, share in broken.items():
        print(f"{world:20} {share:6.1%} broken")
    asked_for = pairs_needed(MARGIN, MANY)
    sizes = {pairs: exact_sizes(pairs, NUISANCES), asked_for: exact_sizes(asked_for, (FEW, MANY))}
    for number, exact in sizes.items():
        print(f"exact, {number} pairs: " + ", ".join(f"{share:.1%} differ {size:.2%}" for share, size in exact.items()))
    powers = {
        (margin, share): power(chance, margin, share, times) for margin in (MARGIN, 0.05) for share in (FEW, MANY, 0.2)
    }
    for (margin, share), (needed, shown) in powers.items():
        print(f"margin {margin:.0%}, {share:.0%} differ: {needed} pairs, shown {shown:.1%}")
    false_alarms = audited(chance, times)
    print(f"audits that ever call a kept promise broken: {false_alarms:.1%}")
    mean = sum(broken.values()) / len(broken)
    told = {
        "ratio": round(mean / ERROR, 3),
        "broken": round(mean, 4),
        "worst_world": round(max(broken.values()), 4),
        "exact": round(max(max(exact.values()) for exact in sizes.values()), 4),
        "power": round(min(shown for _, shown in powers.values()), 3),
        "false_alarms": round(false_alarms, 4),
        "settings": len(broken) * times,
    }
    print(json.dumps(told))


@cache
def p_of(lost: int, won: int, pairs: int, margin: float = MARGIN) -> float:
    """The p-value of counts, each of which is looked up often."""
    return paired_loss.p_value(PairCounts(lost, won, pairs), margin)


def alone(chance: np.random.Generator, share: float, times: int) -> float:
    """Share of tries that set the one threshold, by which the whole loses just the margin and this share of pairs differs."""
    drawn = drawn_counts(chance, pairs_needed(MARGIN, share), MARGIN, share, times)
    return sum(p_of(*counts) <= ERROR for counts in drawn) / times


def on_path(chance: np.random.Generator, times: int) -> float:
    """Share of tries that end at the fourth of ten thresholds or beyond, which lose the margin or more."""
    settings, broken = routing.path([step / STEPS for step in range(STEPS)], 1), 0
    loss, pairs = MARGIN * STEPS / 4, pairs_needed(MARGIN, MANY)
    for _ in range(times):
        scores, kinds = chance.random(pairs), chance.random(pairs)
        # Lost where the reference alone passes, won where it alone fails: as often, but for the loss.
        verdicts = [(kind > loss + 0.05, not loss + 0.05 < kind <= loss + 0.1) for kind in kinds.tolist()]
        units = [JudgedUnit(score, passes) for score, passes in zip(scores.tolist(), verdicts, strict=True)]
        found = routing.safe_setting(units, settings, margin=MARGIN)
        broken += found is not None and loss * (1 - found.thresholds[0]) >= MARGIN - 1e-9
    return broken / times


def waited_for(chance: np.random.Generator, times: int) -> float:
    """Share of leads whose one try sets the threshold that loses just the margin, after waiting for the pairs that are asked for."""
    broken = 0
    for _ in range(times):
        steps = chance.multinomial(100, [(MANY + MARGIN) / 2, (MANY - MARGIN) / 2, 1 - MANY], 100).cumsum(axis=0)
        lost, won, pairs = next(
            (int(lost), int(won), 100 * number)
            for number, (lost, won, _) in enumerate(steps, 1)
            if 100 * number >= pairs_needed(MARGIN, (lost + won) / (100 * number))
        )
        broken += p_of(lost, won, pairs) <= ERROR
    return broken / times


def power(chance: np.random.Generator, margin: float, share: float, times: int) -> tuple[int, float]:
    """How many pairs are asked for, and the share of tries with them that are borne out where truly nothing is lost."""
    needed = pairs_needed(margin, share)
    shown = sum(p_of(*counts, margin) <= ERROR for counts in drawn_counts(chance, needed, 0.0, share, times))
    return needed, shown / times


def audited(chance: np.random.Generator, times: int) -> float:
    """Share of audits that ever call the promise broken where the loss is just the margin, looked at after each of 2,000 pairs."""
    alarms = 0
    for _ in range(times):
        drawn = chance.choice([1, -1, 0], AUDITED, p=[(MANY + MARGIN) / 2, (MANY - MARGIN) / 2, 1 - MANY])
        lost, won = (drawn > 0).cumsum().tolist(), (drawn < 0).cumsum().tolist()
        counts = (PairCounts(lost[n], won[n], n + 1) for n in range(AUDITED))
        alarms += any(loss_sequence.log_evidence(each, MARGIN) >= -log(ERROR / 2) for each in counts)
    return alarms / times


def drawn_counts(
    chance: np.random.Generator, pairs: int, loss: float, share: float, times: int
) -> Iterator[tuple[int, int, int]]:
    """Lost, won and pairs, so many times."""
    for lost, won, _ in chance.multinomial(pairs, [(share + loss) / 2, (share - loss) / 2, 1 - share], times):
        yield int(lost), int(won), pairs


def exact_sizes(pairs: int, shares: Sequence[float]) -> dict[float, float]:
    """For each share of pairs that differ the chance of counts that are borne out, where the loss is just the margin.

    From the most losses that are borne out all fewer ones are taken to be, so that the sum is no less than the true chance.
    """
    sizes, most = dict.fromkeys(shares, 0.0), pairs
    wins = [binom.ppf(place, pairs, (share - MARGIN) / 2) for share in shares for place in (1e-7, 1 - 1e-7)]
    for won in range(int(min(wins)), int(max(wins)) + 1):
        # Counts that lose the margin or more are never borne out, and one win more bears a few more losses.
        most = min(won + int(MARGIN * pairs), most + 8)
        while most >= 0 and p_of(most, won, pairs) > ERROR:
            most -= 1
        for share in shares:
            p_lost, p_won = (share + MARGIN) / 2, (share - MARGIN) / 2
            sizes[share] += float(binom.pmf(won, pairs, p_won) * binom.cdf(most, pairs - won, p_lost / (1 - p_won)))
    return sizes


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--times", type=int, default=500)
    options.add_argument("--pairs", type=int, default=300)
    asked = options.parse_args()
    main(asked.times, asked.pairs)
