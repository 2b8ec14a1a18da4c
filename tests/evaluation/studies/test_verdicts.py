"""The sentence follows the rule that was registered: told where it can be told, and not where it cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from django.template.loader import render_to_string

from evaluation.states import StudyKind, StudyMetric
from evaluation.studies import conclude, presentation
from evaluation.studies.kinds import KINDS, methods, samples
from evaluation.studies.results import CellResult
from tests.evaluation.studies.simulated import false_enough

RULE = {**KINDS[StudyKind.SAMPLES].rule, "metric": "nll_per_byte", "draws": 500}
ARMS = {**KINDS[StudyKind.METHODS].rule, "metric": "nll_per_byte", "draws": 500}
SIZES = [20, 40, 80, 160]
COST = {"seconds": 10.0, "peak_memory_gib": 0.5, "trainable_parameters": 1000.0, "artefact_bytes": 4000.0}


def cell(arm: str, size: int, seed: int, loss: float, *, cost: dict[str, float] = COST) -> CellResult:
    """A cell of 40 records that differ, with noise of its own that is always the same."""
    chance = np.random.default_rng([size, seed, ord(arm[0])])
    of_record = np.random.default_rng(7).normal(0, 0.1, 40)
    scores = loss + of_record - of_record.mean() + chance.normal(0, 0.002, 40) + chance.normal(0, 0.002)
    return CellResult(arm, size, seed, {f"r{i}": float(score) for i, score in enumerate(scores)}, cost)


def grid(loss: Callable[[int], float], sizes: Iterable[int] = SIZES, seeds: Iterable[int] = (1, 2)) -> list[CellResult]:
    return [cell("LoRA", size, seed, loss(size)) for size in sizes for seed in seeds]


def test_the_smallest_size_whose_interval_stays_under_the_tolerance_is_named() -> None:
    found = samples.conclude_samples(grid(lambda n: 1 + 4 * n**-1.5), RULE, sizes=SIZES)

    assert found["sentence"].startswith("40 records are enough: against 160, the loss is ")
    assert [point.get("is_enough") for point in found["points"]] == [False, True, True, None]


def test_where_every_size_still_helps_none_is_called_enough() -> None:
    found = samples.conclude_samples(grid(lambda n: 4 * n**-0.5), RULE, sizes=SIZES)

    assert found["sentence"].startswith("You need more than 80 records: with them the loss is ")
    assert found["fit"]["b"][1] <= 0.5 <= found["fit"]["b"][2]
    assert found["more"]["is_told"]
    assert "Gain from 300 more records than 160: 0.1" in found["note"]


def test_a_size_whose_interval_holds_the_tolerance_is_left_open() -> None:
    cells = [cell("LoRA", size, seed, 1.04 if size < 160 else 1.0) for size in (80, 160) for seed in (1, 2)]
    noise = np.random.default_rng(3)
    rough = [replace(each, scores={k: v + noise.normal(0, 0.2) for k, v in each.scores.items()}) for each in cells]

    found = samples.conclude_samples(rough, RULE, sizes=(80, 160))

    point = found["points"][0]
    assert point["lost_low"] < RULE["tolerance"] < point["lost_high"]
    assert found["sentence"].startswith("The study cannot tell whether 80 records are enough: with them the loss is ")


def test_a_flat_curve_does_not_tell_what_more_would_buy() -> None:
    found = samples.conclude_samples(grid(lambda n: 1.0), RULE, sizes=SIZES)

    assert found["sentence"].startswith("20 records are enough")
    assert not found["more"]["is_told"]
    assert "Too little data to predict the gain" in found["note"]


def test_losses_that_bend_the_wrong_way_are_said_not_to_follow_the_curve() -> None:
    found = samples.conclude_samples(grid(lambda n: {20: 0.93, 40: 0.6, 80: 0.33, 160: 0.13}[n]), RULE, sizes=SIZES)

    assert "do not follow the curve" in found["note"]


def test_three_sizes_give_no_curve_but_still_an_answer() -> None:
    found = samples.conclude_samples(grid(lambda n: 1 + 4 * n**-1.5, sizes=SIZES[1:]), RULE, sizes=SIZES[1:])

    assert found["fit"] is None
    assert "takes 4 sizes" in found["note"]
    assert "enough" in found["sentence"]


def test_without_the_largest_size_nothing_is_told() -> None:
    found = samples.conclude_samples(grid(lambda n: 1.0, sizes=SIZES[:3]), RULE, sizes=SIZES)

    assert found["sentence"].startswith("The study cannot tell: no cell with 160 records")


def test_one_seed_left_everywhere_tells_nothing() -> None:
    found = samples.conclude_samples(grid(lambda n: 1.0, seeds=(1,)), RULE, sizes=SIZES)

    assert "no size has two finished seeds" in found["sentence"]


def test_a_share_that_passes_loses_by_falling() -> None:
    rule = {**RULE, "metric": StudyMetric.PASSES.value}
    shares = {20: 0.3, 160: 0.8}
    cells = [
        CellResult("LoRA", n, seed, {f"r{i}": float(i < 40 * shares[n]) for i in range(40)}, COST)
        for n in (20, 160)
        for seed in (1, 2)
    ]

    found = samples.conclude_samples(cells, rule, sizes=[20, 160])

    assert found["points"][0]["lost"] == pytest.approx(1 - 0.3 / 0.8)
    assert "the share that passes is 62.5\u00a0% lower" in found["sentence"]


def test_a_share_of_nothing_cannot_be_lost() -> None:
    rule = {**RULE, "metric": StudyMetric.PASSES.value}
    cells = [CellResult("LoRA", n, s, {f"r{i}": 0.0 for i in range(9)}, COST) for n in (20, 160) for s in (1, 2)]

    assert "no output passes" in samples.conclude_samples(cells, rule, sizes=[20, 160])["sentence"]


def test_a_share_that_only_chance_draws_can_lose_is_not_told_of() -> None:
    passes = {20: (1, 3), 40: (0, 1), 80: (2, 1), 160: (0, 0)}
    cells = [
        CellResult("LoRA", size, seed, {f"r{i}": float(i < count) for i in range(40)}, COST)
        for size, counts in passes.items()
        for seed, count in enumerate(counts, start=1)
    ]
    rule = {**RULE, "metric": StudyMetric.PASSES.value}

    found = samples.conclude_samples(cells, rule, sizes=SIZES)

    assert "with 160 records no output passes" in found["sentence"]
    assert [point.get("lost_high") for point in found["points"]] == [None] * 4
    shown = render_to_string("evaluation/_study_verdict.html", {"verdict": found, "chart": {}})
    assert (shown.count("full size"), shown.count("–</span>")) == (1, 3)


@pytest.mark.parametrize(
    ("lora", "words"),
    [(0.9, "LoRA is better"), (1.0, "LoRA is as good"), (1.1, "LoRA is worse"), (1.02, "Undecided")],
)
def test_lora_against_full_is_decided_by_margin_and_interval(lora: float, words: str) -> None:
    cells = [cell("LoRA", 80, seed, lora) for seed in (1, 2, 3)] + [cell("Full", 80, seed, 1.0) for seed in (1, 2, 3)]

    found = methods.conclude_methods(cells, ARMS)

    assert found["sentence"].startswith(words)
    assert found["difference"]["value"] == pytest.approx(lora - 1, abs=0.01)
    assert found["difference"]["records_low"] <= found["difference"]["value"] <= found["difference"]["records_high"]


def test_of_a_share_lora_loses_what_it_falls_by() -> None:
    rule = {**ARMS, "metric": StudyMetric.PASSES.value, "is_of_share": True}
    shares = {"LoRA": 0.95, "Full": 0.96}
    cells = [
        CellResult(arm, 80, seed, {f"r{i}": float(i < 100 * share) for i in range(100)}, COST)
        for arm, share in shares.items()
        for seed in (1, 2, 3)
    ]

    found = methods.conclude_methods(cells, rule)

    assert found["difference"]["value"] == pytest.approx(1 - 0.95 / 0.96)
    assert "the share that passes is 1\u00a0% lower than with full fine-tuning (lost: 95\u00a0%" in found["sentence"]


def test_costs_stand_as_measured_ratios_beside_reported_ones() -> None:
    dear: dict[str, Any] = {**COST, "seconds": 25.0, "trainable_parameters": 50_000.0}
    cells = [cell("LoRA", 80, s, 1.0) for s in (1, 2)] + [cell("Full", 80, s, 1.0, cost=dear) for s in (1, 2)]

    costs = {cost["name"]: cost for cost in methods.conclude_methods(cells, ARMS)["costs"]}

    assert (costs["seconds"]["ratio"], costs["trainable_parameters"]["ratio"]) == (2.5, 50.0)
    assert costs["seconds"]["reported"] == (3.0, 5.0)
    assert costs["peak_memory_gib"]["reported"] is None


def test_what_no_cell_tells_has_no_mean_and_no_ratio() -> None:
    recorded = {name: value for name, value in COST.items() if name not in conclude.OF_MACHINE}
    cells = [cell("LoRA", 80, s, 1.0, cost=recorded) for s in (1, 2)] + [cell("Full", 80, s, 1.0) for s in (1, 2)]

    found = methods.conclude_methods(cells, ARMS)

    costs = {cost["name"]: cost for cost in found["costs"]}
    assert (costs["seconds"]["lora"], costs["seconds"]["full"], costs["seconds"]["ratio"]) == (None, 10.0, None)
    assert (costs["peak_memory_gib"]["ratio"], costs["trainable_parameters"]["ratio"]) == (None, 1.0)
    assert [point["name"] for point in presentation.cost_chart("nll_per_byte", found)["points"]] == ["Full"]


def test_an_arm_without_a_cell_is_named() -> None:
    assert "Full has no cell" in methods.conclude_methods([cell("LoRA", 80, 1, 1.0)], ARMS)["sentence"]


def uneven(size: int, seed: int, loss: float) -> CellResult:
    """Seeds 1 and 2 lie 30 % of the loss apart."""
    return cell("LoRA", size, seed, loss * (0.85 if seed == 1 else 1.15))


def test_sizes_are_asked_from_the_largest_and_the_first_that_fails_ends_it() -> None:
    losses = {20: 1.0, 40: 1.2, 80: 1.0, 160: 1.0}

    asked = samples.conclude_samples(grid(losses.__getitem__), RULE, sizes=SIZES)
    searched = samples.conclude_samples(
        grid(losses.__getitem__), {k: v for k, v in RULE.items() if k not in ("order", "unstable_above")}, sizes=SIZES
    )

    assert asked["sentence"].startswith("80 records are enough")
    assert [point.get("is_enough") for point in asked["points"]] == [False, False, True, None]
    # A study keeps the rule it was registered with.
    assert searched["sentence"].startswith("20 records are enough")


def test_a_size_whose_seeds_differ_too_far_is_unstable_and_not_short_of_records() -> None:
    steady = [cell("LoRA", size, seed, 1.0) for size in (20, 40, 160) for seed in (1, 2)]

    found = samples.conclude_samples([*steady, *(uneven(80, seed, 1.0) for seed in (1, 2))], RULE, sizes=SIZES)

    assert "at 80 records seeds differ by 30" in found["sentence"]
    assert "beyond the 20\u00a0% that was registered: it is unstable" in found["sentence"]


def test_an_unstable_largest_size_is_no_measure_for_the_others() -> None:
    cells = [cell("LoRA", 80, seed, 1.0) for seed in (1, 2)] + [uneven(160, seed, 1.0) for seed in (1, 2)]

    assert (
        "cannot tell: at 160 records seeds differ" in samples.conclude_samples(cells, RULE, sizes=[80, 160])["sentence"]
    )


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("seeds", [2, 3])
def test_no_more_than_one_study_in_forty_names_a_size_that_is_not_enough(seeds: int) -> None:
    searched, in_order = false_enough(seeds, 300)

    # Of 300, 2.5 % are 7.5 with an error of 2.7; the search without an order errs in 5 to 7 %.
    assert in_order <= 0.045
    assert searched > in_order
