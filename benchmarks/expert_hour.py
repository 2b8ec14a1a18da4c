"""How many verdicts of experts a gold set takes, read plainly, in the order of a judge's doubts,
and with a judge that accepts.

    python -m benchmarks.expert_hour [--seeds 10] [--texts 1000]

The offline teacher writes mails and labels what it wrote wrong: that is the truth. A reviewer errs on 4 % of drafts,
either way; what they reject brings no gold. Judges are of three strengths, right about so many good and so many bad
drafts, and say how sure they are. Wanted: 1,000 texts of which at most 2 % are wrong, for at most a third of the
verdicts that plain reading takes. Acceptance is by the product's own functions (`stats.risk_control`,
`review.desk.ordering_strategies`): a lead asks for it at the start, experts read in the order *likely good first*, in
which what it waits for comes sooner, and once verdicts bear it out the judge accepts; a part of that is audited, and
the product's test stops it. It is tried with the product's own shares, and with a bound by which the whole set keeps
2 % where three quarters of it come by the judge. What the judge passes and the reviewer rejects is read again until one
verdict is three ahead, and all these count. Nothing is said of how good a miniature becomes. The last line is one JSON
object.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np

from demo.data.offer import OFFER
from demo.data.prospects import generate
from demo.offline_teacher import write
from review.desk import ordering_strategies
from stats import risk_control
from stats.intervals import means
from stats.intervals.distributions import Floats, normal_quantile

REVIEWER_ERRS, AT_RANDOM, WANTED = 0.04, 0.15, 1 / 3
# The share of drafts that no judge may take, and after how many verdicts of experts those that count are looked at
# again.
RANDOM_SLICE, LOOKED_EVERY = 0.2, 5
# As the product has them: the share of what a judge passes, the chance that a first try errs.
SHARE, ERROR = 0.3, 0.04
# What a lead asks for: the share that may be wrong, and the share that is audited; the product's own, and wider ones.
RULES = {"the judge accepts, 2 % and 10 %": (0.02, 0.1), "the judge accepts, 2.5 % and 5 %": (0.025, 0.05)}
POOL, COMPANIES = 6_000, 300
JUDGES = ((0.95, 0.9), (0.9, 0.8), (0.8, 0.6))
MAIL = ({"name": "subject", "role": "subject"}, {"name": "body", "role": "body"})
ORDERS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "likely wrong first": lambda chances, lots: chances,
    "uncertain first": lambda chances, lots: np.abs(chances - 0.5),
    "likely good first": lambda chances, lots: -chances,
    "likely good first, by lot": lambda chances, lots: ordering_strategies.promise_keys(chances, lots),
}


@dataclass
class SimulatedReviewer:
    """A reviewer at a pool of drafts: verdicts given, and what was taken for good.

    Attributes:
        is_good: Whether each draft of the pool is good, by the teacher's own labels.
        chance: Draws where the reviewer errs.
        verdicts: Verdicts given so far.
        gold: Places of the drafts that were accepted.
    """

    is_good: Sequence[bool]
    chance: np.random.Generator
    verdicts: int = 0
    gold: list[int] = field(default_factory=list)

    def says_good(self, place: int) -> bool:
        """Read one draft."""
        self.verdicts += 1
        return bool(self.is_good[place] ^ (self.chance.random() < REVIEWER_ERRS))

    def settled(self, place: int) -> bool:
        """Read one draft; what is rejected is read again until one verdict is three ahead of the other."""
        ahead = 3 if self.says_good(place) else -1
        while abs(ahead) < 3:
            ahead += 1 if self.says_good(place) else -1
        return ahead > 0

    def wrong(self) -> float:
        """Share of the gold set that is wrong."""
        return sum(not self.is_good[place] for place in self.gold) / max(1, len(self.gold))


def drafts(seed: int) -> list[bool]:
    """Whether each of a pool of the offline teacher's mails is good."""
    companies, offer = generate.prospects(COMPANIES, seed), dict(OFFER)
    written = (
        write(facts=companies[place % COMPANIES], offer=offer, output_fields=MAIL, seed=seed * POOL + place)
        for place in range(POOL)
    )
    return [not draft.defects for draft in written]


def sure(is_good: Sequence[bool], judge: tuple[float, float], chance: np.random.Generator) -> Floats:
    """How sure a judge is of each draft: the chance that it is good,
    given a score that is normal among good and bad ones.
    """
    apart, good = normal_quantile(judge[0]) + normal_quantile(judge[1]), np.asarray(is_good)
    scores, share = chance.normal(np.where(good, apart, 0.0)), float(good.mean())
    return np.asarray(1 / (1 + (1 - share) / share * np.exp(apart * apart / 2 - apart * scores)))


def plain(desk: SimulatedReviewer, places: Sequence[int], texts: int) -> None:
    """Read drafts in turn until so many are accepted."""
    turn = iter(places)
    while len(desk.gold) < texts:
        place = next(turn)
        if desk.says_good(place):
            desk.gold.append(place)


def in_order(desk: SimulatedReviewer, keys: Floats, texts: int) -> None:
    """Read by a judge's order with some at random between, as a desk deals."""
    plain(desk, dealt(desk, keys), texts)


def dealt(desk: SimulatedReviewer, keys: Floats) -> list[int]:
    """All drafts as a desk deals them: by these keys, with some at random between."""
    sources = [iter(np.argsort(keys, kind="stable")), iter(desk.chance.permutation(len(keys)))]
    turn: dict[int, None] = {}
    while len(turn) < len(keys):
        source = sources[int(desk.chance.random() < AT_RANDOM)]
        # What came by the other way already is passed over.
        turn.update(dict.fromkeys(islice((int(place) for place in source if int(place) not in turn), 1)))
    return list(turn)


def with_machine(desk: SimulatedReviewer, chances: Floats, lots: Floats, texts: int, rule: tuple[float, float]) -> bool:
    """Read in the product's order until verdicts bear the judge out; then it accepts, and a share by lot is read.

    Returns:
        Whether it ever accepted.
    """
    scores, at_random = steps(chances), desk.chance.random(len(chances)) < RANDOM_SLICE
    among = list(scores[scores > 0])
    least = risk_control.surest(among, SHARE)
    keys = ordering_strategies.promise_keys(chances, lots, scores >= least)
    known: list[tuple[float, bool]] = []
    turn, seen, is_borne_out = dealt(desk, keys), set[int](), False
    for place in turn:
        if len(desk.gold) >= texts:
            return False
        seen.add(place)
        # What the judge passes and the reviewer rejects is read again: it decides what the judge may accept.
        good = desk.settled(place) if scores[place] else desk.says_good(place)
        if good:
            desk.gold.append(place)
        if scores[place]:
            known.append((float(scores[place]), not good))
            is_borne_out = len(known) % LOOKED_EVERY == 0 and borne_out(known, among, least, rule[0])
        if is_borne_out:
            break
    if not is_borne_out:
        return False
    passed = [int(place) for place in np.argsort(lots) if scores[place] >= least and not at_random[place]]
    seen |= set(_accept(desk, [place for place in passed if place not in seen], texts, rule))
    plain(desk, [place for place in turn if place not in seen], texts)
    return True


def steps(chances: Floats) -> Floats:
    """Scores as the product reads them off a judge's words: 0 where it fails a text,
    else by how many of four requirements it misses.
    """
    passed, scores = chances >= 0.5, np.zeros(len(chances))
    ranks = np.argsort(np.argsort(chances[passed]))
    scores[passed] = (1 + np.floor(5 * ranks / max(1, passed.sum()))) / 5
    return scores


def borne_out(known: Sequence[tuple[float, bool]], among: Sequence[float], least: float, bound: float) -> bool:
    """The product's rule: whether the verdicts that count show that no more than the bound is wrong."""
    places = risk_control.in_proportion([score for score, _ in known], among, least)
    wrong = sum(known[place][1] for place in places)
    return risk_control.is_borne_out(wrong, len(places), bound, error=ERROR)


def _accept(desk: SimulatedReviewer, passed: Sequence[int], texts: int, rule: tuple[float, float]) -> list[int]:
    """Take drafts in turn, some of them read, until there are enough or the product's audit stops it;
    those gone through.
    """
    audited = wrong = 0
    for number, place in enumerate(passed):
        if len(desk.gold) >= texts or risk_control.is_broken(wrong, audited, rule[0]):
            return list(passed[:number])
        is_audited = desk.chance.random() < rule[1]
        audited += is_audited
        if is_audited and not desk.settled(place):
            wrong += 1
        else:
            desk.gold.append(place)
    return list(passed)


def one(seed: int, texts: int) -> dict[str, dict[str, float]]:
    """All ways on the drafts of one seed: verdicts, and the share of the set that is wrong."""
    is_good = drafts(seed)
    ways: dict[str, dict[str, float]] = {}

    def record(way: str, desk: SimulatedReviewer) -> None:
        ways[way] = {"verdicts": desk.verdicts, "wrong": desk.wrong()}

    def desk() -> SimulatedReviewer:
        return SimulatedReviewer(is_good, np.random.default_rng(seed))

    at_plain = desk()
    plain(at_plain, [int(place) for place in at_plain.chance.permutation(POOL)], texts)
    record("plain", at_plain)
    for judge in JUDGES:
        chances = sure(is_good, judge, np.random.default_rng((seed, 1)))
        lots, name = np.random.default_rng((seed, 2)).random(POOL), f"{judge[0]}/{judge[1]}"
        for order, keys in ORDERS.items():
            at_order = desk()
            in_order(at_order, keys(chances, lots), texts)
            record(f"{name} {order}", at_order)
        for way, rule in RULES.items():
            at_machine = desk()
            accepted = with_machine(at_machine, chances, lots, texts, rule)
            record(f"{name} {way}", at_machine)
            ways[f"{name} {way}"]["accepted"] = float(accepted)
    return ways


def summary(runs: Sequence[dict[str, dict[str, float]]]) -> dict[str, Any]:
    """Medians, ranges and the mean part of plain reading's verdicts with its interval, by way."""
    rows: dict[str, Any] = {}
    for way in runs[0]:
        verdicts = [run[way]["verdicts"] for run in runs]
        wrong = [run[way]["wrong"] for run in runs]
        part = means.mean({str(n): run[way]["verdicts"] / run["plain"]["verdicts"] for n, run in enumerate(runs)})
        assert part is not None
        rows[way] = {
            "verdicts": statistics.median(verdicts), "from": min(verdicts), "to": max(verdicts),
            "wrong": statistics.median(wrong), "most_wrong": max(wrong),
            "part": part.mean, "low": part.low, "high": part.high, "says": _says(part.low, part.high, part.mean),
            "accepted": sum(run[way].get("accepted", 0.0) for run in runs),
        }  # fmt: skip
    return rows


def _says(low: float | None, high: float | None, part: float) -> str:
    if low is None or high is None:
        return "undecided" if part != 1 else "more than a third"
    return "at most a third" if high <= WANTED else "more than a third" if low > WANTED else "undecided"


def main(seeds: int, texts: int) -> None:
    """Simulate, and print a line for each way."""
    rows = summary([one(seed, texts) for seed in range(1, seeds + 1)])
    for way, row in rows.items():
        ends = "" if row["low"] is None else f" ({row['low']:.2f} to {row['high']:.2f})"
        print(
            f"{way:>46}: {row['verdicts']:6.0f} verdicts ({row['from']:.0f} to {row['to']:.0f}), {row['part']:.2f} of "
            f"plain{ends}: {row['says']}; {row['wrong']:.1%} wrong, at most {row['most_wrong']:.1%}"
        )
    print(json.dumps({"seeds": seeds, "texts": texts, "ways": rows}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--texts", type=int, default=1_000)
    chosen = parser.parse_args()
    main(chosen.seeds, chosen.texts)
