"""How often an arena calls an order wrongly, how many votes it needs, and how often the standings' intervals hold the truth.

    python -m benchmarks.coverage.arenas [--times 500]

Systems write for so many companies; experts vote as an arena deals, looked at after every vote, until it ends. A record has a side that
it favours (spread .7 on the log scale), the same for each two systems, and a fifth of the votes are ties. *wrong*: arenas in which an
order was called clear and is not so. *ever left out*: of the standings' intervals, those that left the truth out at any look, after every
tenth vote, from the tenth of each two systems on. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from itertools import combinations
from uuid import UUID

import numpy as np

from evaluation.arena import results, rule
from evaluation.arena.rule import JudgedPair

TIES, SPREAD, FROM, EVERY = 0.2, 0.7, 10, 10
VOTER = UUID(int=1)
CASES = (
    (2, 60, (0.0, 0.0)),
    (2, 200, (0.0, 0.0)),
    (2, 60, (0.0, 0.8)),
    (2, 200, (0.0, 0.8)),
    (2, 200, (0.0, 1.5)),
    (3, 60, (0.0, 0.0, 0.0)),
    (3, 60, (0.0, 0.8, 1.5)),
    (4, 60, (0.0, 0.0, 1.5, 1.5)),
)


class Simulated:
    """One arena, voted on to its end."""

    def __init__(self, strengths: tuple[float, ...], records: int, chance: np.random.Generator) -> None:
        self.strengths, self.count = strengths, len(strengths)
        self.names = [f"system {n}" for n in range(self.count)]
        twos = list(combinations(range(self.count), 2))
        self.pairs = [
            JudgedPair(UUID(int=n * len(twos) + place), UUID(int=n), *two, is_identical=False, is_doubled=False)
            for n in range(records)
            for place, two in enumerate(twos)
        ]
        shift = chance.normal(0, SPREAD, (records, self.count))
        self.known = {(each.first, each.second): each for each in rule.matchups(self.pairs, self.count)}
        self.verdicts = {pair.id: self._verdict(pair, shift[pair.record_id.int], chance) for pair in self.pairs}

    def _verdict(self, pair: JudgedPair, shift: np.ndarray, chance: np.random.Generator) -> str:
        if chance.random() < TIES:
            return "tie"
        gap = self.strengths[pair.right] - self.strengths[pair.left] + shift[pair.right] - shift[pair.left]
        return "right" if chance.random() < 1 / (1 + np.exp(-gap)) else "left"

    def run(self, truths: list[float]) -> tuple[int, bool, bool, bool]:
        """Votes given; whether a wrong order was called, all right ones were, and an interval ever left the truth out."""
        left_out, voted = False, [0]
        while asked := rule.uncertain(self.known.values(), self.count, len(self.pairs), seed="benchmark"):
            self._vote(min(asked, key=lambda two: asked[two]))
            voted = [each.voted for each in self.known.values()]
            if sum(voted) % EVERY == 0 and min(voted) >= FROM:
                left_out |= self._leaves_out(truths)
        left_out |= min(voted) >= FROM and self._leaves_out(truths)
        return sum(voted), self._is_wrong(), self._is_right(), left_out

    def _vote(self, two: tuple[int, int]) -> None:
        """Vote on the next pair of two systems; records come in an order of no meaning."""
        known = self.known[two]
        place = known.voted * len(self.known) + list(self.known).index(two)
        pair = self.pairs[place] = replace(self.pairs[place], votes=((VOTER, self.verdicts[self.pairs[place].id]),))
        counts = {0.0: "losses", 0.5: "ties", 1.0: "wins"}[pair.score]
        self.known[two] = replace(known, waiting=known.waiting - 1, **{counts: getattr(known, counts) + 1})

    def _leaves_out(self, truths: list[float]) -> bool:
        told = results.standings(self.names, self.pairs, len(self.pairs))
        ends = [(row.strength.low, truths[self.names.index(row.name)], row.strength.high) for row in told]
        return any(low is not None and high is not None and not low <= true <= high for low, true, high in ends)

    def _called(self) -> list[tuple[float, float]]:
        clear = [each for each in self.known.values() if rule.is_clear(each, self.count)]
        return [(each.wins - each.losses, self.strengths[each.first] - self.strengths[each.second]) for each in clear]

    def _is_wrong(self) -> bool:
        return any(said * true <= 0 for said, true in self._called())

    def _is_right(self) -> bool:
        different = sum(one != other for one, other in combinations(self.strengths, 2))
        return sum(said * true > 0 for said, true in self._called()) == different


def truth(strengths: tuple[float, ...]) -> list[float]:
    """Chance to be preferred to the first, ties as halves, over the spread of records: what Bradley and Terry's model tends to."""
    chance = np.random.default_rng(0)
    shift = chance.normal(0, SPREAD * np.sqrt(2), 400_000)
    return [
        float(np.mean(TIES / 2 + (1 - TIES) / (1 + np.exp(-(each - strengths[0] + shift))))) if n else 0.5
        for n, each in enumerate(strengths)
    ]


def main(times: int) -> None:
    """Simulate, and print a line for each case."""
    rows = {}
    for count, records, strengths in CASES:
        chance, truths = np.random.default_rng(1), truth(strengths)
        found = [Simulated(strengths, records, chance).run(truths) for _ in range(times)]
        votes, wrong, right, left_out = (np.mean(each) for each in zip(*found, strict=True))
        case = f"{count} systems, {records} companies, strengths {strengths}"
        rows[case] = {"votes": votes, "wrong": wrong, "all called": right, "ever left out": left_out}
        print(case, *(f"{name} {value:.3g}" for name, value in rows[case].items()), sep=", ", flush=True)
    print(json.dumps({"times": times, "cases": rows}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=500)
    main(parser.parse_args().times)
