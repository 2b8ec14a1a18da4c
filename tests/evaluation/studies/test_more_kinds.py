"""Methods across sizes, families, a shorter context and transfer: laid out, decided by their rules, and seldom wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from evaluation.states import StudyKind, StudyMetric
from evaluation.studies import arms, design, grids, health, outlook, pareto, rules, transfer
from evaluation.studies.design import DesignError, StudyInputs, StudyRequest
from evaluation.studies.outlook import Scatter
from evaluation.studies.results import CellResult
from training.states import SampleOf

COST = {"seconds": 10.0, "peak_memory_gib": 0.5, "trainable_parameters": 1000.0, "artefact_bytes": 4000.0}
RECORDS = {SampleOf.ACCEPTED_OR_EDITED: 200}
FAMILIES = {"qwen-s": "qwen3", "gemma-s": "gemma3", "qwen-m": "qwen3", "llama-l": "llama"}


def laid(kind: str, *, metric: str = "nll_per_byte", **given: Any) -> design.StudyDesign:
    inputs = StudyInputs(**{"records": RECORDS, "students": ("demo",), "demo": "demo", **given})
    return grids.design_study(StudyRequest(kind=kind, preset="normal", metric=metric), inputs)


def rule_of(made: design.StudyDesign) -> dict[str, Any]:
    return {**rules.rule_of(made), "draws": 1000}


def cells(
    losses: Mapping[str, float], *, apart: float = 0.002, cost: Mapping[str, Any] | None = None
) -> list[CellResult]:
    of_record = np.random.default_rng(7).normal(0, 0.1, 40)
    found = []
    for place, (arm, loss) in enumerate(losses.items()):
        for seed in (1, 2, 3):
            chance = np.random.default_rng([place, seed])
            scores = loss + of_record - of_record.mean() + chance.normal(0, 0.002, 40) + apart * (seed - 2)
            own = {**COST, **((cost or {}).get(arm, {}))}
            found.append(CellResult(arm, 100, seed, {f"r{i}": float(score) for i, score in enumerate(scores)}, own))
    return found


def test_both_methods_are_laid_out_for_each_student_and_asked_from_the_largest() -> None:
    made = laid("methods", students=("demo", "large"))

    assert [(arm.name, arm.recipe) for arm in made.arms] == [
        ("demo, LoRA", "demo"), ("demo, full", "demo-full"), ("large, LoRA", "modern-lora"), ("large, full", "paper-full"),
    ]  # fmt: skip
    assert rule_of(made)["comparisons"] == [["large, LoRA", "large, full"], ["demo, LoRA", "demo, full"]]
    assert len(made.seeds) == 3
    assert "finds LoRA worse from" in outlook.of_design(made, Scatter(0.01, 0.05, "known"), records=40).sentence


@pytest.mark.parametrize(
    ("small", "large", "words"),
    [
        (1.005, 1.0, "LoRA is as good as full fine-tuning on all 2 students: at most (demo, LoRA)"),
        (1.1, 1.0, "on the larger students down to large, LoRA: "),
        (1.0, 1.1, "LoRA is worse on the largest student: with large, LoRA the loss is 10\u00a0% higher"),
    ],
)
def test_methods_are_judged_student_by_student(small: float, large: float, words: str) -> None:
    rule = rule_of(laid("methods", students=("demo", "large")))
    losses = {"demo, LoRA": small, "demo, full": 1.0, "large, LoRA": large, "large, full": 1.0}

    assert words in arms.conclude_methods_across(cells(losses), rule)["sentence"]


def test_a_front_holds_the_arms_that_nobody_beats_in_both() -> None:
    points = [
        {"arm": arm, "loss": loss, "seconds": seconds, "peak_memory_gib": None, "artefact_bytes": size}
        for arm, loss, seconds, size in (
            ("a", 1.0, 10.0, 1),
            ("b", 0.9, 20.0, 9),
            ("c", 0.95, 30.0, 5),
            ("d", 1.0, 10.0, 1),
        )
    ]

    assert pareto.fronts(points) == {"seconds": ["a", "d", "b"], "artefact_bytes": ["a", "d", "c", "b"]}


def test_a_family_that_fails_does_not_end_the_asking_of_another() -> None:
    made = laid("students", students=tuple(FAMILIES), families=FAMILIES)
    rule = rule_of(made)

    found = arms.conclude_students(cells({"qwen-s": 1.0, "gemma-s": 1.01, "qwen-m": 1.3, "llama-l": 1.0}), rule)

    assert rule["level"] == pytest.approx(0.975)
    assert found["sentence"].startswith("gemma-s is the smallest that holds: the loss is 1")
    assert "97.5\u00a0%" in found["sentence"]
    assert {one["arm"]: one["is_asked"] for one in found["comparisons"]} == {
        "qwen-m": True,
        "gemma-s": True,
        "qwen-s": False,
    }


def test_an_encoder_has_a_recipe_of_its_own_and_is_compared_by_labels() -> None:
    given: dict[str, Any] = {"students": ("demo-encoder", "large"), "encoders": frozenset({"demo-encoder"})}
    made = laid("students", metric="answers_right", **given)

    assert [arm.recipe for arm in made.arms] == ["demo-encoder", "modern-lora"]
    assert made.written_records == made.scored_records
    with pytest.raises(DesignError, match="An encoder writes no text"):
        laid("students", **given)
    share = cells({"demo-encoder": 0.9, "large": 0.9})
    found = arms.conclude_students(share, rule_of(made))
    assert "the share that is right is 0" in found["sentence"]


def test_contexts_differ_in_length_alone() -> None:
    made = laid("context")

    assert [(arm.name, arm.recipe, dict(arm.changes)) for arm in made.arms] == [
        ("256 tokens", "demo", {"max_length": 256}), ("512 tokens", "demo", {"max_length": 512}),
    ]  # fmt: skip
    long = laid("context", students=("gemma",), demo="demo", context_length=131_072)
    assert [arm.name for arm in long.arms] == ["8,192 tokens", "16,384 tokens"]


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (1.0, "The shorter context is enough: with a context of 256 tokens"),
        (1.1, "The shorter context loses:"),
        (1.02, "Undecided"),
    ],
)
def test_a_shorter_context_is_judged_by_its_margin(loss: float, words: str) -> None:
    found = arms.conclude_context(cells({"256 tokens": loss, "512 tokens": 1.0}), rule_of(laid("context")))

    assert words in found["sentence"]


def test_a_transfer_tunes_on_each_task_and_scores_the_base_once() -> None:
    made = laid("transfer", versions={"mail": "1", "research": "2"})

    assert [(arm.name, seed, size) for arm, size, seed in made.places] == [
        ("as it came", 1, 0), ("mail", 1, 200), ("research", 1, 200), ("mail", 2, 200), ("research", 2, 200),
        ("mail", 3, 200), ("research", 3, 200),
    ]  # fmt: skip
    told = outlook.of_design(made, Scatter(0.01, 0.05, "known"), records=40)
    assert 0 < told.power < 1
    assert "the only one there is" in told.sentence


def test_a_transfer_needs_another_task_and_is_told_by_the_loss() -> None:
    with pytest.raises(DesignError) as refused:
        laid("transfer", metric="passes_all", versions={"mail": "1"})

    assert set(refused.value.errors) == {"others", "metric"}


TASKS = ("mail", "research")
COLUMNS = [{"task": task, "records": [f"{task}{i}" for i in range(40)]} for task in TASKS]


def transferred(changes: Mapping[tuple[str, str], float], *, number: int = 1, apart: float = 0.01) -> list[CellResult]:
    """Cells of a two-task transfer; a change is by row and column, as a share of a base of 1."""
    chance = np.random.default_rng(number)
    of_record = {record: 1 + chance.normal(0, 0.25) for column in COLUMNS for record in column["records"]}
    base = {record: loss + chance.normal(0, 0.03) for record, loss in of_record.items()}
    found = [CellResult("as it came", 0, 1, base, {})]
    for task in TASKS:
        for seed in (1, 2, 3):
            scores: dict[str, float] = {}
            for column in COLUMNS:
                shift = changes.get((task, str(column["task"])), 0.0) + chance.normal(0, apart)
                scores |= {r: of_record[r] * (1 + shift) + chance.normal(0, 0.03) for r in column["records"]}
            found.append(CellResult(task, 100, seed, scores, COST))
    return found


TRANSFER = {**rules.RULES[StudyKind.TRANSFER], "metric": str(StudyMetric.NLL)}


def test_a_verdict_names_which_transfer_helps_and_which_hurts() -> None:
    changes = {("mail", "research"): -0.2, ("research", "mail"): 0.2, ("mail", "mail"): -0.5}

    found = transfer.conclude_transfer(transferred(changes), TRANSFER, columns=COLUMNS)

    assert "uning on research hurts mail (loss 2" in found["sentence"]
    assert "uning on mail helps research (loss " in found["sentence"]
    own = next(entry for entry in found["matrix"][0]["entries"] if entry["is_own"])
    assert own["low"] < -0.45 < own["high"] or own["change"] == pytest.approx(-0.5, abs=0.06)
    assert own["effect"] == ""


@pytest.mark.slow
def test_transfer_that_is_none_is_named_in_few_studies() -> None:
    named = sum(
        any(
            entry["effect"]
            for column in transfer.conclude_transfer(transferred({}, number=number), TRANSFER, columns=COLUMNS)[
                "matrix"
            ]
            for entry in column["entries"]
        )
        for number in range(200)
    )

    # 5 % of 200 are 10, with a standard error of 3.
    assert named <= 18


def test_a_pair_that_is_unstable_counts_among_those_that_p_values_are_adjusted_for() -> None:
    found = transferred({("mail", "research"): -0.2})
    for cell in found:
        if cell.arm == "research":
            for record in COLUMNS[0]["records"]:
                cell.scores[record] *= 1 + 0.4 * (cell.seed - 2)  # type: ignore[index]

    matrix = transfer.conclude_transfer(found, TRANSFER, columns=COLUMNS)["matrix"]

    (steady,) = [entry for column in matrix for entry in column["entries"] if entry["adjusted_p"] is not None]
    assert (steady["from"], steady["to"]) == ("mail", "research")
    assert steady["adjusted_p"] == pytest.approx(2 * steady["p"])


def test_rules_say_that_a_share_is_better_where_it_is_higher() -> None:
    of_samples = rules.rule_of(laid("samples", metric="answers_right"))["text"]
    of_context = rules.rule_of(laid("context", metric="answers_right"))["text"]

    assert "the share that is right falls by less" in of_samples
    assert "The metric is the share that is right; higher is better" in of_context
    assert "The metric is" not in rules.rule_of(laid("context"))["text"]


def test_an_unstable_row_and_a_missing_base_are_said() -> None:
    unstable = transfer.conclude_transfer(transferred({}, apart=0.4), TRANSFER, columns=COLUMNS)
    without = [cell for cell in transferred({}) if cell.arm != "as it came"]

    assert "seeds differ by" in unstable["findings"][0]
    assert "as it came has no scores" in transfer.conclude_transfer(without, TRANSFER, columns=COLUMNS)["sentence"]


@pytest.mark.parametrize("before", [False, True])
def test_a_task_called_base_is_not_taken_for_the_student_as_it_came(before: bool) -> None:
    """Unless the study was registered when that was its name."""
    columns = [{**column, "task": str(column["task"]).replace("mail", "base")} for column in COLUMNS]
    names = {"mail": "base"} if not before else {"as it came": "base"}
    found = [replace(cell, arm=names.get(cell.arm, cell.arm)) for cell in transferred({("research", "mail"): 0.2})]
    rule = {name: value for name, value in TRANSFER.items() if name != "base" or not before}

    told = transfer.conclude_transfer(found, rule, columns=COLUMNS if before else columns)

    hurt = "mail" if before else "base"
    assert told["sentence"].startswith(f"Tuning on research hurts {hurt} (loss ")


def test_a_leap_of_the_loss_is_a_spike() -> None:
    assert health.spikes([1.0, 1.1, 0.9, 1.0, 1.0, 2.0, 1.0, 0.9, 1.4]) == 1
    assert health.spikes([1.0, 9.0]) == 0
