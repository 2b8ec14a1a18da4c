"""How good a classifier becomes of a third of the verdicts, a judge accepting the rest: `python -m benchmarks.expert_quality`.

Reads `emails/email_intent.jsonl.gz` under `SHARED_DATA_DIR`: sentences of business mails that people labelled, whether the
writer asks for something; their labels are the experts' verdicts, replayed. A teacher that has seen 150 of them labels the
others and is wrong where the text misleads it; a verdict takes its label or mends it, and errs on 4 %, either way. Two arms
have the same student, a linear head on the shipped encoder: 2,000 plain verdicts, and a third of them, plain or with the
judges of `benchmarks.expert_hour`: likely good first until verdicts bear the judge out, then what it accepts and, for the
verdicts that are left, likely good or likely wrong first. Judges are simulated. Wanted: not worse by two points on held-out
sentences. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from benchmarks.encoder import DECAY, means_of
from benchmarks.expert_hour import (
    JUDGES,
    LOOKED_EVERY,
    RANDOM_SLICE,
    RULES,
    SHARE,
    SimulatedReviewer,
    borne_out,
    dealt,
    steps,
    sure,
)
from review.desk import ordering_strategies
from stats import risk_control
from stats.intervals import means

DATA: Final = "emails/email_intent.jsonl.gz"
SEEN, HELD_OUT, PLAIN, WORSE = 150, 600, 2_000, 0.02
RULE: Final = RULES["the judge accepts, 2.5 % and 5 %"]
Labels = NDArray[np.int64]


def sentences() -> tuple[list[str], Labels]:
    """Each text once, and whether its writer asks for something."""
    path = Path(os.environ.get("SHARED_DATA_DIR", "/nowhere")) / DATA
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        found = {row["text"]: row["intent"] == "Yes" for row in map(json.loads, lines)}
    return list(found), np.array(list(found.values()), np.int64)


def fitted(known: Tensor, labels: Labels) -> Tensor:
    """A head that tells the labels of some texts."""
    weight, wanted = torch.zeros(known.shape[1], 2, requires_grad=True), torch.from_numpy(labels)
    optimizer = torch.optim.LBFGS([weight], max_iter=100)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = cross_entropy(known @ weight, wanted) + DECAY * weight.square().sum()
        torch.autograd.backward(loss)
        return loss

    optimizer.step(closure)
    return weight.detach()


def told(known: Tensor, weight: Tensor) -> Labels:
    return (known @ weight).argmax(1).numpy()


def plain(desk: SimulatedReviewer, count: int) -> dict[int, bool]:
    """Places that were read in no order, and whether their draft was taken for good."""
    return {int(place): desk.says_good(int(place)) for place in desk.chance.permutation(len(desk.is_good))[:count]}


def with_machine(
    desk: SimulatedReviewer, judge: tuple[float, float], verdicts: int, *, wrong_first: bool
) -> dict[int, bool]:
    """The same with a judge that orders and, once verdicts bear it out, accepts; so many verdicts are spent in all.

    Args:
        desk: The reviewer and the drafts.
        judge: How many good and how many bad drafts it is right about.
        verdicts: Of experts, the audit's among them.
        wrong_first: Whether, once it accepts, likely wrong drafts come first.
    """
    chances = sure(desk.is_good, judge, desk.chance)
    scores, lots = steps(chances), desk.chance.random(len(chances))
    at_random, among = desk.chance.random(len(chances)) < RANDOM_SLICE, list(scores[scores > 0])
    least, taken, known = risk_control.surest(among, SHARE), dict[int, bool](), list[tuple[float, bool]]()
    awaited, is_borne_out = scores >= least, False
    turn = dealt(desk, ordering_strategies.promise_keys(chances, lots, awaited))

    def read(place: int) -> bool:
        return desk.settled(place) if scores[place] else desk.says_good(place)

    for place in turn:
        if is_borne_out or desk.verdicts >= verdicts:
            break
        taken[place] = read(place)
        if scores[place]:
            known.append((float(scores[place]), not taken[place]))
            is_borne_out = len(known) % LOOKED_EVERY == 0 and borne_out(known, among, least, RULE[0])
    free = [place for place in turn if is_borne_out and awaited[place] and not at_random[place] and place not in taken]
    audited = {place for place in free if desk.chance.random() < RULE[1]}
    taken |= dict.fromkeys(set(free) - audited, True)
    if wrong_first:
        turn = dealt(desk, ordering_strategies.promise_keys(1 - chances, lots))
    for place in (*audited, *(place for place in turn if place not in taken and place not in audited)):
        if desk.verdicts >= verdicts:
            break
        taken[place] = read(place)
    return taken


def one(seed: int, known: Tensor, labels: Labels) -> dict[str, dict[str, float]]:
    """Both arms of one seed, for each judge: held-out share right, golds, and the share of them that is wrong."""
    order = np.random.default_rng(seed).permutation(len(labels))
    seen, held_out, pool = order[:SEEN], order[SEEN : SEEN + HELD_OUT], order[SEEN + HELD_OUT :]
    drafts = told(known[pool], fitted(known[seen], labels[seen]))
    is_good = list(drafts == labels[pool])
    third = PLAIN // 3
    arms = {
        name: plain(SimulatedReviewer(is_good, np.random.default_rng(seed)), count)
        for name, count in (("plain", PLAIN), ("a third, plain", third))
    }
    for judge in JUDGES:
        for wrong_first, then in ((False, "good"), (True, "wrong")):
            desk = SimulatedReviewer(is_good, np.random.default_rng((seed, 1)))
            name = f"{judge[0]}/{judge[1]}, then likely {then} first"
            arms[name] = with_machine(desk, judge, third, wrong_first=wrong_first)
    results: dict[str, dict[str, float]] = {}
    for name, taken in arms.items():
        places = np.array(list(taken))
        golds = np.where(list(taken.values()), drafts[places], 1 - drafts[places])
        right = told(known[held_out], fitted(known[pool[places]], golds)) == labels[held_out]
        wrong = golds != labels[pool[places]]
        results[name] = {"right": float(right.mean()), "golds": len(golds), "wrong": float(wrong.mean())}
    return results


def summary(runs: Sequence[dict[str, dict[str, float]]]) -> dict[str, Any]:
    """Means by arm, and the difference to plain verdicts in points with its interval over seeds."""
    rows: dict[str, Any] = {}
    for arm in runs[0]:
        row = {what: float(np.mean([run[arm][what] for run in runs])) for what in ("right", "golds", "wrong")}
        if arm != "plain":
            apart = means.mean({str(n): run[arm]["right"] - run["plain"]["right"] for n, run in enumerate(runs)})
            assert apart is not None
            assert apart.low is not None
            assert apart.high is not None
            is_as_good = apart.low > -WORSE
            says = "not worse by two points" if is_as_good else "worse" if apart.high < -WORSE else "undecided"
            row |= {"difference": apart.mean, "low": apart.low, "high": apart.high}
            rows[arm] = {**row, "says": says}
        else:
            rows[arm] = row
    return rows


def main(seeds: int) -> None:
    """Measure, and print a line for each arm."""
    texts, labels = sentences()
    known = means_of(texts)
    rows = summary([one(seed, known, labels) for seed in range(1, seeds + 1)])
    for arm, row in rows.items():
        ends = (
            f", {row['difference']:+.1%} ({row['low']:+.1%} to {row['high']:+.1%}): {row['says']}"
            if "says" in row
            else ""
        )
        print(f"{arm:>34}: {row['right']:.1%} right, of {row['golds']:,.0f} golds {row['wrong']:.1%} wrong{ends}")
    print(json.dumps({"seeds": seeds, "held_out": HELD_OUT, "arms": rows}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    main(parser.parse_args().seeds)
