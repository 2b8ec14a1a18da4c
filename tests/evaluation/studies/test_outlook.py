"""What a study can show is said before it is launched, and is what it then shows."""

from __future__ import annotations

import json

import numpy as np
import pytest

from evaluation.models import Study
from evaluation.states import StudyKind, StudyMetric
from evaluation.studies import outlook
from evaluation.studies.design import StudyArm, StudyDesign
from evaluation.studies.kinds import KINDS, samples
from evaluation.studies.outlook import Scatter
from evaluation.studies.results import Group
from stats.resampling.seed_bootstrap import draws

LORA, FULL = StudyArm("LoRA", "demo"), StudyArm("Full", "demo-full")


def design(kind: StudyKind = StudyKind.SAMPLES, *, seeds: int = 3, sizes: tuple[int, ...] = (80, 160)) -> StudyDesign:
    arms = (LORA,) if kind == StudyKind.SAMPLES else (LORA, FULL)
    return StudyDesign(kind, "?", arms, sizes, tuple(range(1, seeds + 1)), epochs=1)


def drawn_group(chance: np.random.Generator, of_record: np.ndarray, *, seeds: int) -> Group:
    losses = 1 + of_record + chance.normal(0, 0.02, (seeds, 1)) + chance.normal(0, 0.05, (seeds, 40))
    return Group("any", losses, ({},))


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_the_power_told_is_the_share_of_studies_that_show_it(seeds: int) -> None:
    chance, shown = np.random.default_rng(seeds), 0
    rule = {**KINDS[StudyKind.SAMPLES].rule, "metric": "nll_per_byte"}
    # What records add to the mean of a cell is seen as noise between seeds: 0.02² + 0.05² / 40.
    told = outlook.of_design(design(seeds=seeds), Scatter(0.0215, 0.05 * (2 / seeds) ** 0.5, "known"), records=40)
    for number in range(200):
        of_record = chance.normal(0, 0.2, 40)
        groups = {size: drawn_group(chance, of_record, seeds=seeds) for size in (80, 160)}
        drawn = draws([group.losses for group in groups.values()], count=400, seed=number)
        shown += samples.points(groups, drawn, rule)[0]["is_enough"]

    # 200 studies have an error of 3.5 points.
    assert told.power == pytest.approx(shown / 200, abs=0.1)


def test_more_seeds_find_smaller_losses() -> None:
    scatter = Scatter(0.01, 0.05, "known")

    few, many = (outlook.of_design(design(seeds=seeds), scatter, records=40) for seeds in (2, 5))

    assert few.power < many.power
    assert few.shown < many.shown < 0.05
    assert "a true loss of up to" in many.sentence


def test_too_little_power_is_said_with_what_helps() -> None:
    told = outlook.of_design(design(seeds=2), Scatter(0.1, 0.5, "known"), records=10)

    assert told.shown < 0
    assert told.sentence.endswith("less than the 80 % that one would want: take more seeds or records.")


def test_methods_tell_from_which_loss_on_lora_is_found_worse() -> None:
    told = outlook.of_design(design(StudyKind.METHODS, sizes=(160,)), Scatter(0.001, 0.005, "known"), records=40)

    assert told.sentence.startswith("LoRA, if it truly loses nothing, is shown to be as good in more than 99")
    assert "it finds LoRA worse from a true loss of 2." in told.sentence


def test_scatter_is_read_off_an_earlier_study() -> None:
    chance = np.random.default_rng(1)
    of_record = chance.normal(0, 0.2, 40)
    groups = [drawn_group(chance, of_record, seeds=3) for _ in range(30)]

    found = outlook.scatter_of(groups, StudyMetric.NLL, source="of another study")

    assert found
    assert found.seeds == pytest.approx(0.0215, rel=0.25)
    # Each record has 0.05 of its own in each of three cells on both sides.
    assert found.records == pytest.approx(0.05 * (2 / 3) ** 0.5, rel=0.2)
    assert outlook.scatter_of(groups[:1], StudyMetric.NLL, source="") is None


def test_an_old_study_says_that_its_rule_searched() -> None:
    old, new = (
        Study(kind=StudyKind.SAMPLES, record_text=json.dumps({"decision_rule": rule}))
        for rule in ({"tolerance": 0.05}, KINDS[StudyKind.SAMPLES].rule)
    )

    assert "searched without an order" in KINDS[old.kind].note(old.record["decision_rule"])
    assert KINDS[new.kind].note(new.record["decision_rule"]) == ""
