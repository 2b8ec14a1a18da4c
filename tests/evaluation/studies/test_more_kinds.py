"""Methods across sizes, families, a shorter context and precision: laid out, decided by their rules,
and seldom wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from evaluation.studies import arms, conclude, design, grids, kinds, outlook
from evaluation.studies.design import DesignError, StudyInputs, StudyRequest
from evaluation.studies.kinds import precision
from evaluation.studies.outlook import Scatter
from evaluation.studies.results import CellResult
from tests.evaluation.studies.simulated import concluded
from training.states import SampleOf
from training.students.shipped import SHIPPED

COST = {"seconds": 10.0, "peak_memory_gib": 0.5, "trainable_parameters": 1000.0, "artefact_bytes": 4000.0}
RECORDS = {SampleOf.ACCEPTED_OR_EDITED: 200}
FAMILIES = {"qwen-s": "qwen3", "gemma-s": "gemma3", "qwen-m": "qwen3", "llama-l": "llama"}


def laid(kind: str, *, metric: str = "nll_per_byte", **given: Any) -> design.StudyDesign:
    inputs = StudyInputs(**{"records": RECORDS, "students": ("demo",), "shipped": SHIPPED, **given})
    return grids.design_study(StudyRequest(kind=kind, preset="normal", metric=metric), inputs)


def rule_of(made: design.StudyDesign) -> dict[str, Any]:
    return {**kinds.rule_of(made), "draws": 1000}


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
        ("demo, LoRA", "demo"), ("demo, full", "demo-full"), ("large, LoRA", "modern-lora"),
        ("large, full", "paper-full"),
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

    assert words in concluded("methods", cells(losses), rule)["sentence"]


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

    assert arms.pareto_fronts(points) == {"seconds": ["a", "d", "b"], "artefact_bytes": ["a", "d", "c", "b"]}


def test_a_family_that_fails_does_not_end_the_asking_of_another() -> None:
    made = laid("students", students=tuple(FAMILIES), families=FAMILIES)
    rule = rule_of(made)

    found = concluded("students", cells({"qwen-s": 1.0, "gemma-s": 1.01, "qwen-m": 1.3, "llama-l": 1.0}), rule)

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
    found = concluded("students", share, rule_of(made))
    assert "the share that is right is 0" in found["sentence"]


def test_contexts_differ_in_length_alone() -> None:
    made = laid("context")

    assert [(arm.name, arm.recipe, dict(arm.changes)) for arm in made.arms] == [
        ("256 tokens", "demo", {"max_length": 256}), ("512 tokens", "demo", {"max_length": 512}),
    ]  # fmt: skip
    long = laid("context", students=("gemma",), shipped=SHIPPED, context_length=131_072)
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
    found = concluded("context", cells({"256 tokens": loss, "512 tokens": 1.0}), rule_of(laid("context")))

    assert words in found["sentence"]


def test_precisions_differ_in_their_numbers_alone() -> None:
    made = laid("precision")

    assert [(arm.name, arm.recipe, dict(arm.changes)) for arm in made.arms] == [
        ("bf16", "demo", {"dtype": "bf16"}), ("fp32", "demo", {"dtype": "fp32"}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (1.0, "Half precision is enough: with bf16"),
        (1.1, "Half precision loses:"),
        (1.02, "Undecided"),
    ],
)
def test_half_precision_is_judged_by_its_margin(loss: float, words: str) -> None:
    verdict = concluded("precision", cells({"bf16": loss, "fp32": 1.0}), rule_of(laid("precision")))

    assert words in verdict["sentence"]


def test_half_precision_says_its_memory_and_its_pace() -> None:
    points = [
        {"arm": "bf16", "peak_memory_gib": 4.0, "seconds": 50.0},
        {"arm": "fp32", "peak_memory_gib": 8.0, "seconds": 80.0},
    ]

    assert (
        precision.savings_of(points) == "Half precision takes 50\u00a0% of the peak memory, and is 1.60 times as fast."
    )
    assert precision.savings_of([{**points[0], "peak_memory_gib": None}, points[1]]) == ""


SHAPES: dict[str, Any] = {"students": ("flan", "smol"), "families": {"flan": "t5", "smol": "llama"}}


def test_an_encoder_decoder_is_compared_with_a_decoder_whichever_is_named_first() -> None:
    for students in (("flan", "smol"), ("smol", "flan")):
        made = laid("shapes", **{**SHAPES, "students": students})

        assert {arm.name: arm.student for arm in made.arms} == {"Encoder–decoder": "flan", "Decoder": "smol"}
        assert rule_of(made)["comparisons"] == [["Encoder–decoder", "Decoder"]]


@pytest.mark.parametrize("families", [{"flan": "t5", "smol": "bart"}, {"flan": "qwen3", "smol": "llama"}])
def test_two_students_of_one_shape_are_refused(families: dict[str, str]) -> None:
    with pytest.raises(DesignError, match="one encoder–decoder, such as BART, and one decoder"):
        laid("shapes", **{**SHAPES, "families": families})


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (0.8, "The encoder–decoder is the better student: with the encoder–decoder the loss is 20\u00a0% lower"),
        (1.2, "The decoder is the better student: "),
        (1.0, "The study does not show which is the better student: "),
    ],
)
def test_the_better_shape_is_told(loss: float, words: str) -> None:
    found = concluded("shapes", cells({"Encoder–decoder": loss, "Decoder": 1.0}), rule_of(laid("shapes", **SHAPES)))

    assert found["sentence"].startswith(words)


def test_rules_say_that_a_share_is_better_where_it_is_higher() -> None:
    of_samples = kinds.rule_of(laid("samples", metric="answers_right"))["text"]
    of_context = kinds.rule_of(laid("context", metric="answers_right"))["text"]
    of_methods = kinds.rule_of(laid("methods", metric="answers_right"))["text"]

    assert "the share that is right falls by less" in of_samples
    assert "The metric is the share that is right; higher is better" in of_context
    assert "The metric is the share that is right; higher is better" in of_methods
    assert "The metric is" not in kinds.rule_of(laid("context"))["text"]


def test_a_leap_of_the_loss_is_a_spike() -> None:
    assert conclude.spikes([1.0, 1.1, 0.9, 1.0, 1.0, 2.0, 1.0, 0.9, 1.4]) == 1
    assert conclude.spikes([1.0, 9.0]) == 0
