"""How often a study's 95 % intervals hold what they name, on simulated studies whose truth is known.

    python -m benchmarks.studies [--times 500]

Losses follow `4 * n**-0.5 + 0.9`; 40 records differ by 0.25, each by 0.03 in every cell, seeds by 0.02. Three worlds: noise
between seeds alike at all sizes, as the method takes it to be; falling with the root of the size; and half of it shared by
all sizes of a seed, as nested samples may have it. Then how many studies name a size as enough that is not, where every smaller one
loses exactly what was allowed: searched for the smallest, and asked from the largest down. The last line is one JSON object; `ratio` is the lowest coverage found
over 0.95.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

import numpy as np

from evaluation.states import StudyKind
from evaluation.studies.arm_sentences import of_router
from evaluation.studies.arms import conclude, conclude_students
from evaluation.studies.design import LARGER, StudyArm, StudyDesign
from evaluation.studies.outlook import Scatter, of_design
from evaluation.studies.results import CellResult, Group
from evaluation.studies.routed import together
from evaluation.studies.rules import RULES, rule_of
from evaluation.studies.samples import points
from evaluation.studies.transfer import conclude_transfer
from stats import power_law
from stats.resampling.seed_bootstrap import draws, interval

A, B, C = 4.0, 0.5, 0.9
MORE = 300
DRAWS = 400
COST = dict.fromkeys(("seconds", "peak_memory_gib", "trainable_parameters", "artefact_bytes"), 1.0)
WORLDS: dict[str, dict[str, float]] = {"alike": {}, "falling": {"falls": 0.5}, "shared": {"shared": 0.5}}
GRIDS = ((2, (20, 40, 80, 160)), (3, (40, 80, 160, 320)), (5, (50, 100, 200, 400, 800)))
COLUMNS = ("a", "b", "c", "300 more", "size 2 over largest")


def main(times: int) -> None:
    """Simulate, and print a line for each world and grid."""
    print(f"{'world':8} {'seeds':5} " + " ".join(f"{name:>12}" for name in COLUMNS) + f" {'misfit':>8}")
    lowest = 1.0
    for world, values in WORLDS.items():
        for seeds, sizes in GRIDS:
            covered, alarms = coverage(np.array(sizes, float), seeds, times, **values)
            print(f"{world:8} {seeds:5} " + " ".join(f"{100 * share:11.1f}%" for share in covered) + f" {alarms:8.1%}")
            lowest = min(lowest, *covered)
    arms = {seeds: arms_coverage(seeds, 4 * times) for seeds, _ in GRIDS}
    print("difference of two arms: " + ", ".join(f"{seeds} seeds {share:.1%}" for seeds, share in arms.items()))
    lowest = min(lowest, *arms.values())
    wrong = {seeds: false_enough(seeds, 4 * times) for seeds, _ in GRIDS}
    for seeds, (searched, in_order) in wrong.items():
        print(f"false enough, {seeds} seeds: searched {searched:.1%}, from the largest down {in_order:.1%}")
    for seeds in (2, 3, 5):
        helped, named = false_transfer(seeds, 4 * times)
        print(f"transfer that is none, 3 tasks, {seeds} seeds: named {named:.1%}, as a help {helped:.1%}")
        print(f"a student that does not hold, 3 families, {seeds} seeds: named {false_family(seeds, times):.1%}")
    for seeds in (3, 5):
        better, as_good, power, told = false_router(seeds, 4 * times)
        print(
            f"experts behind a router, {seeds} seeds: called better where equal {better:.1%}, as good where 2 % is lost {as_good:.1%}, "
            f"as good where equal {power:.1%} (told {told:.1%})"
        )
    print(json.dumps({"ratio": round(lowest / 0.95, 3), "lowest": lowest, "times": times, "draws": DRAWS}))


def coverage(sizes: Any, seeds: int, times: int, *, falls: float = 0, shared: float = 0) -> tuple[list[float], float]:
    """Share of studies whose intervals hold the truth, one a column, and of those that call the curve a misfit."""
    chance, hits, alarms = np.random.default_rng(5), np.zeros(len(COLUMNS)), 0
    loss = A * sizes**-B + C
    more = A * sizes[-1] ** -B - A * (sizes[-1] + MORE) ** -B
    truth = (A, B, C, more, loss[1] / loss[-1])
    for number in range(times):
        of_record, of_seed = chance.normal(0, 0.25, 40), chance.normal(0, 1, seeds)
        cells = []
        for n, mean in zip(sizes, loss, strict=True):
            noise = np.sqrt(shared) * of_seed + np.sqrt(1 - shared) * chance.normal(0, 1, seeds)
            scale = 0.02 * (sizes[0] / n) ** falls
            cells.append(mean + of_record + scale * noise[:, None] + chance.normal(0, 0.03, (seeds, 40)))
        drawn = draws(cells, count=DRAWS, seed=number)
        curves = power_law.fit(sizes, drawn)
        gains = curves.at(sizes[-1]) - curves.at(sizes[-1] + MORE)
        found = (curves.a, curves.b, curves.c, gains, drawn[:, 1] / drawn[:, -1])
        bounds = [interval(each) for each in found]
        hits += [low <= true <= high for (low, high), true in zip(bounds, truth, strict=True)]
        alarms += power_law.misfit(sizes, np.array([cell.mean() for cell in cells]), drawn) < 0.05
    return [float(share) for share in hits / times], alarms / times


def false_enough(seeds: int, times: int, *, sizes: int = 4) -> tuple[float, float]:
    """Share of studies that name a size as enough that loses what was allowed: any size searched, and by the registered order."""
    chance, wrong = np.random.default_rng(5), np.zeros(2)
    rule = {**RULES[StudyKind.SAMPLES], "metric": "nll_per_byte", "draws": DRAWS}
    names = [20 * 2**power for power in range(sizes)]
    for number in range(times):
        of_record = chance.normal(0, 0.25, 40)
        losses = {
            size: mean + of_record + chance.normal(0, 0.02, (seeds, 1)) + chance.normal(0, 0.03, (seeds, 40))
            for size, mean in zip(names, [*[1 + rule["tolerance"]] * (sizes - 1), 1.0], strict=True)
        }
        groups = {size: Group(str(size), cells, ({},)) for size, cells in losses.items()}
        drawn = draws(list(losses.values()), count=DRAWS, seed=number)
        unordered = {name: value for name, value in rule.items() if name != "order"}
        for place, each in enumerate((unordered, rule)):
            wrong[place] += any(point.get("is_enough") for point in points(groups, drawn, each))
    return float(wrong[0] / times), float(wrong[1] / times)


def arms_coverage(seeds: int, times: int) -> float:
    """Share of comparisons of two arms whose interval holds their difference."""
    chance, hits = np.random.default_rng(9), 0
    for number in range(times):
        of_record = chance.normal(0, 0.25, 40)
        cells = [
            mean + of_record + chance.normal(0, 0.02, (seeds, 1)) + chance.normal(0, 0.03, (seeds, 40))
            for mean in (1.0, 1.01)
        ]
        drawn = draws(cells, count=DRAWS, seed=number)
        low, high = interval(drawn[:, 0] - drawn[:, 1])
        hits += low <= -0.01 <= high
    return hits / times


def false_transfer(seeds: int, times: int, *, tasks: int = 3) -> tuple[float, float]:
    """Share of transfer studies without any transfer that name a help, and that name one of either kind."""
    chance, wrong = np.random.default_rng(5), np.zeros(2)
    rule = {**RULES[StudyKind.TRANSFER], "metric": "nll_per_byte"}
    names = [str(task) for task in range(tasks)]
    columns = [{"task": name, "records": [f"{name}-{number}" for number in range(40)]} for name in names]
    for _ in range(times):
        of_record = {record: 1 + chance.normal(0, 0.25) for column in columns for record in column["records"]}
        cells = [
            CellResult("as it came", 0, 1, {r: loss + chance.normal(0, 0.03) for r, loss in of_record.items()}, {})
        ]
        for name in names:
            for seed in range(seeds):
                apart = {column["task"]: chance.normal(0, 0.02) for column in columns}
                scores = {r: loss + apart[r.split("-")[0]] + chance.normal(0, 0.03) for r, loss in of_record.items()}
                cells.append(CellResult(name, 100, seed, scores, {}))
        matrix = conclude_transfer(cells, rule, columns=columns)["matrix"]
        effects = {entry["effect"] for column in matrix for entry in column["entries"]}
        wrong += ["helps" in effects, bool(effects & {"helps", "hurts"})]
    return float(wrong[0] / times), float(wrong[1] / times)


def false_family(seeds: int, times: int) -> float:
    """Share of studies that name a student that loses what was allowed, where all of three families do."""
    chance, wrong = np.random.default_rng(5), 0
    arms = [f"{family}{size}" for size in "ms" for family in "xyz"]
    rule = {
        **RULES[StudyKind.STUDENTS],
        "metric": "nll_per_byte",
        "draws": 4000,
        "level": 1 - 0.05 / 3,
        "families": {arm: arm[0] for arm in arms},
        "comparisons": [[arm, "largest"] for arm in arms],
    }
    for _ in range(times):
        of_record = chance.normal(0, 0.25, 40)
        cells = []
        for arm, mean in {**dict.fromkeys(arms, 1 + rule["tolerance"]), "largest": 1.0}.items():
            for seed in range(seeds):
                losses = mean + of_record + chance.normal(0, 0.02) + chance.normal(0, 0.03, 40)
                cells.append(CellResult(arm, 100, seed, {str(r): float(loss) for r, loss in enumerate(losses)}, COST))
        wrong += any(one["is_shown"] for one in conclude_students(cells, rule)["comparisons"])
    return wrong / times


def false_router(seeds: int, times: int) -> tuple[float, float, float, float]:
    """Studies of three experts that call them better where they are equal, and as good where they lose what is not allowed.

    Returns:
        Both, then the share called as good where they are equal, and the power that the registration tells.
    """
    records, scatter = tuple(f"{place:03}" for place in range(60)), Scatter(0.004, 0.04, "simulated")
    own = {"a": records[:30], "b": records[30:50], "c": records[50:]}
    experts = tuple(StudyArm(name, "demo", fact="kind", scores=scores) for name, scores in own.items())
    design = StudyDesign(StudyKind.ROUTER, "?", (*experts, StudyArm(LARGER, "demo")), (60,), tuple(range(seeds)), 1)
    rule = {**rule_of(design), "draws": DRAWS, "companies": {record: place for place, record in enumerate(records)}}
    chance, called = np.random.default_rng(9), {0.0: [0, 0], rule["tolerance"]: [0, 0]}
    for lost, counts in called.items():
        for _ in range(times):
            of_record, of_seed = (
                chance.normal(0, scatter.records, len(records)),
                chance.normal(0, scatter.seeds, (2, seeds)),
            )
            routed = dict(zip(records, 1 + lost + of_record, strict=True))
            cells = [
                CellResult(name, len(each), seed, {record: routed[record] + of_seed[0, seed] for record in each}, COST)
                for seed in range(seeds)
                for name, each in own.items()
            ]
            cells += [
                CellResult(LARGER, 60, seed, dict.fromkeys(records, 1 + of_seed[1, seed]), COST)
                for seed in range(seeds)
            ]
            words = conclude(together(cells, rule), rule, of_router)["sentence"]
            counts[0] += words.startswith("Experts behind a router are better")
            counts[1] += words.startswith("Experts behind a router are")
    told = of_design(design, scatter, records=len(records)).power
    return called[0.0][0] / times, called[rule["tolerance"]][1] / times, called[0.0][1] / times, told


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--times", type=int, default=500)
    main(options.parse_args().times)
