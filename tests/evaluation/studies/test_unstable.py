"""Of an arm whose seeds differ beyond the registered bound no verdict of any kind says that it is better,
as good or worse.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from evaluation.states import StudyKind
from evaluation.studies.kinds import KINDS, methods, samples, transfer
from evaluation.studies.kinds.cloning import IMITATES, LOGITS
from evaluation.studies.kinds.experts import DENSE, ISOLATED
from evaluation.studies.kinds.filter_ import ACCEPTED, EDITED, EVERY, LONGEST, UNFILTERED
from evaluation.studies.kinds.minutes import SFT, SFT_DPO, SFT_KTO
from evaluation.studies.results import CellResult
from tests.evaluation.studies.simulated import concluded
from tests.evaluation.studies.test_arms import cells as finished

SHORT, LONG = "256 tokens", "512 tokens"
SMALL, MIDDLE, LARGE = "small", "middle", "large"
FILTERED = (EDITED, ACCEPTED, UNFILTERED, LONGEST, EVERY)
BOTH = ("large, LoRA", "large, full", "small, LoRA", "small, full")
AT_EQUAL_MINUTES = {
    "comparisons": [[SFT_DPO, SFT], [SFT_KTO, SFT]],
    "families": {SFT_DPO: SFT_DPO, SFT_KTO: SFT_KTO},
    "minutes": 24,
}
# Each kind with its arms, those that its sentence hangs on, and what its rule adds.
CASES: dict[str, tuple[tuple[str, ...], tuple[str, ...], dict[str, Any]]] = {
    StudyKind.METHODS: (("LoRA", "Full"), ("LoRA", "Full"), {}),
    StudyKind.FILTER: (FILTERED, (EDITED, UNFILTERED), {}),
    StudyKind.STUDENTS: (
        (SMALL, MIDDLE, LARGE),
        (MIDDLE, LARGE),
        {"comparisons": [[MIDDLE, LARGE], [SMALL, LARGE]]},
    ),
    StudyKind.CONTEXT: (
        (SHORT, LONG), (SHORT, LONG), {"comparisons": [[SHORT, LONG]]},
    ),
    StudyKind.PRECISION: (("bf16", "fp32"), ("bf16", "fp32"), {}),
    StudyKind.CLONING: (
        (LOGITS, IMITATES), (LOGITS, IMITATES), {"comparisons": [[LOGITS, IMITATES]]},
    ),
    StudyKind.EXPERTS: ((ISOLATED, DENSE), (ISOLATED, DENSE), {}),
    StudyKind.MINUTES: ((SFT, SFT_DPO, SFT_KTO), (SFT,), AT_EQUAL_MINUTES),
    "methods across": (
        BOTH,
        BOTH[:2],
        {"comparisons": [list(BOTH[:2]), list(BOTH[2:])], "tolerance": 0.02},
    ),
}  # fmt: skip
DECIDING = [(kind, arm) for kind, (_, deciding, _) in CASES.items() for arm in deciding]


def rule_of(kind: str) -> dict[str, Any]:
    return {**KINDS[kind.split()[0]].rule, "metric": "nll_per_byte", "draws": 500, **CASES[kind][2]}


def verdict(kind: str, losses: Mapping[str, float], *unstable: str) -> dict[str, Any]:
    """A verdict over three seeds an arm; those of an unstable one lie 60 % of its loss apart."""
    cells = [
        each
        for arm, loss in losses.items()
        for each in finished({arm: loss}, apart=0.3 * loss if arm in unstable else 0.002)
    ]
    return concluded(kind.split()[0], cells, rule_of(kind))


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("loss", [0.05, 1.0, 20.0], ids=["far below", "level", "far above"])
@pytest.mark.parametrize(("kind", "arm"), DECIDING)
def test_a_sentence_that_hangs_on_an_unstable_arm_says_that_and_no_more(kind: str, arm: str, loss: float) -> None:
    losses = dict.fromkeys(CASES[kind][0], 1.0) | {arm: loss}

    sentence = verdict(kind, losses, arm)["sentence"]

    assert sentence.startswith(f"The study cannot tell: {arm} is unstable: its seeds differ by ")
    assert sentence.endswith("beyond the 20\N{NO-BREAK SPACE}% that was registered.")


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(("kind", "arm"), DECIDING)
def test_the_same_arm_with_steady_seeds_is_told_of(kind: str, arm: str) -> None:
    losses = dict.fromkeys(CASES[kind][0], 1.0) | {arm: 20.0}

    assert "cannot tell" not in verdict(kind, losses)["sentence"]


def test_both_unstable_methods_are_named() -> None:
    sentence = verdict(StudyKind.METHODS, {"LoRA": 0.1, "Full": 1.0}, "LoRA", "Full")["sentence"]

    assert "LoRA is unstable: its seeds differ by" in sentence
    assert "Full is unstable: its seeds differ by" in sentence


def test_a_registration_without_a_bound_calls_nothing_unstable() -> None:
    rule = {name: value for name, value in rule_of(StudyKind.METHODS).items() if name != "unstable_above"}

    found = methods.conclude_methods(finished({"LoRA": 0.1, "Full": 1.0}, apart=0.1), rule)

    assert "unstable" not in found["sentence"]


@pytest.mark.parametrize("loss", [0.05, 20.0])
def test_a_smaller_student_that_is_unstable_neither_holds_nor_fails(loss: float) -> None:
    found = verdict(StudyKind.STUDENTS, {SMALL: loss, MIDDLE: 1.0, LARGE: 1.0}, SMALL)

    assert SMALL not in found["sentence"].replace("smallest", "").replace("smaller", "")
    assert found["findings"] == [f"small against large: undecided, {found['comparisons'][1]['problem']}."]
    assert all(SMALL not in front for front in found["fronts"].values())


def test_an_unstable_method_of_a_smaller_student_is_called_so() -> None:
    found = verdict("methods across", dict.fromkeys(BOTH, 1.0) | {"small, LoRA": 0.05}, "small, LoRA")

    assert "down to large, LoRA" in found["sentence"]
    assert "; small, LoRA is unstable: its seeds differ by" in found["sentence"]


def test_an_unstable_arm_makes_neither_the_most_nor_the_least_of_its_minutes() -> None:
    behind = verdict(StudyKind.MINUTES, {SFT: 1.0, SFT_DPO: 2.0, SFT_KTO: 3.0}, SFT_KTO)
    ahead = verdict(StudyKind.MINUTES, {SFT: 1.0, SFT_DPO: 0.5, SFT_KTO: 0.05}, SFT_KTO)

    assert behind["sentence"].startswith("The study does not show that any arm makes more")
    assert ahead["sentence"].startswith("SFT, then DPO makes more of the same 24 expert minutes")
    for found in (behind, ahead):
        assert SFT_KTO not in found["sentence"]
        assert found["findings"][-1].startswith(f"{SFT_KTO} against SFT: undecided, {SFT_KTO} is unstable")


@pytest.mark.parametrize("loss", [0.05, 20.0])
def test_an_unstable_size_is_neither_enough_nor_too_few(loss: float) -> None:
    rule = {**KINDS[StudyKind.SAMPLES].rule, "metric": "nll_per_byte", "draws": 500}
    steady = [(size, 1.0, 0.002) for size in (20, 160)]

    cells = [
        CellResult(each.arm, size, each.seed, each.scores, each.cost)
        for size, mean, apart in [*steady, (80, loss, 0.3 * loss)]
        for each in finished({"LoRA": mean}, apart=apart)
    ]
    found = samples.conclude_samples(cells, rule, sizes=[20, 80, 160])

    assert found["sentence"].startswith("You may need more than 80 records: at 80 records ")
    assert "at 80 records seeds differ by 60" in found["sentence"]
    assert not any(point.get("is_enough") for point in found["points"])


@pytest.mark.parametrize("loss", [0.05, 20.0])
def test_an_unstable_row_of_a_transfer_neither_helps_nor_hurts(loss: float) -> None:
    rule = {**KINDS[StudyKind.TRANSFER].rule, "metric": "nll_per_byte"}
    columns = [{"task": task, "records": [f"r{i}" for i in places]} for task, places in
               (("mail", range(20)), ("research", range(20, 40)))]  # fmt: skip
    base = [each for each in finished({"as it came": 1.0}) if each.seed == 1]

    found = transfer.conclude_transfer(
        [*base, *finished({"mail": loss}, apart=0.3 * loss), *finished({"research": 1.0})], rule, columns=columns
    )

    assert "mail helps" not in found["sentence"]
    assert "mail hurts" not in found["sentence"]
    assert found["findings"][-1].startswith("mail to research: unstable, its seeds differ by")
