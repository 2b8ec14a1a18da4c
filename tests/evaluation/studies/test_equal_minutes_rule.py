"""What a study at equal expert minutes concludes of its cells, and what it can tell apart."""

from __future__ import annotations

import numpy as np
import pytest
from django.template.loader import render_to_string

from evaluation.studies import kinds, outlook
from evaluation.studies.arm_sentences import ArmComparison
from evaluation.studies.design import StudyDesign, StudyInputs, StudyRequest
from evaluation.studies.kinds import KINDS, Grid, minutes
from evaluation.studies.outlook import Scatter
from evaluation.studies.results import CellResult
from stats.resampling.seed_bootstrap import draws, interval
from tests.evaluation.studies.simulated import concluded
from training.states import SampleOf


def design() -> StudyDesign:
    grid = KINDS["minutes"].arms(
        Grid(StudyRequest(kind="minutes", recipes={"lora": "demo"}), StudyInputs({SampleOf.ACCEPTED: 1}, ()))
    )
    return StudyDesign("minutes", "?", grid, (30,), (1, 2, 3), 1)  # type: ignore[arg-type]


RULE = {**kinds.rule_of(design()), "draws": 1000}
RECORDS = [f"r{place}" for place in range(40)]


def cells(dpo: float, kto: float, *, apart: float = 0.002) -> list[CellResult]:
    of_record = np.random.default_rng(7).normal(0, 0.1, 40)
    found = []
    for place, (arm, loss) in enumerate({"SFT": 1.0, "SFT, then DPO": dpo, "SFT, then KTO": kto}.items()):
        for seed in (1, 2, 3):
            noise = np.random.default_rng([place, seed]).normal(0, 0.002, 40)
            scores = loss + of_record + noise + apart * (seed - 2)
            found.append(CellResult(arm, 20, seed, dict(zip(RECORDS, map(float, scores), strict=True)), {}))
    return found


@pytest.mark.parametrize(
    ("dpo", "kto", "words"),
    [
        (1.2, 0.8, "SFT, then KTO makes more of the same 30 expert minutes than SFT alone: the loss is 2"),
        (1.2, 1.1, "SFT alone makes the most of the same 30 expert minutes: with SFT, then KTO, which comes nearest,"),
        (1.2, 1.0,
            (
                "The study does not show that any arm makes more of the same 30 expert minutes than SFT alone: "
                "with SFT, then K"
            )),
    ],
)  # fmt: skip
def test_each_arm_is_asked_for_itself(dpo: float, kto: float, words: str) -> None:
    body = concluded("minutes", cells(dpo, kto), RULE)

    assert body["sentence"].startswith(words)
    assert all(one["is_asked"] for one in body["comparisons"])
    assert "97.5\u00a0%" in body["sentence"]
    assert "Lost, 97.5 %</th>" in render_to_string("evaluation/_study_comparisons.html", {"verdict": body})


def test_of_unstable_arms_nothing_is_said() -> None:
    assert concluded("minutes", cells(0.5, 0.5, apart=0.3), RULE)["sentence"].startswith("The study cannot tell: SFT")


def test_companies_are_drawn_whole() -> None:
    of_company = np.random.default_rng(3).normal(0, 0.2, 8).repeat(5)
    losses = [np.stack([1.0 + of_company + 0.001 * seed for seed in range(3)])]

    by_record, by_company = (
        interval(draws(losses, count=2000, seed=1, clusters=clusters)[:, 0])
        for clusters in (None, [place // 5 for place in range(40)])
    )

    assert by_company[1] - by_company[0] > 1.5 * (by_record[1] - by_record[0])


def test_the_rule_draws_by_company_where_it_names_them() -> None:
    alone = concluded("minutes", cells(0.99, 1.1), RULE)["comparisons"][0]
    together = concluded(
        "minutes", cells(0.99, 1.1), {**RULE, "companies": {r: i // 20 for i, r in enumerate(RECORDS)}}
    )

    assert together["comparisons"][0]["low"] != alone["low"]


def test_power_is_told_for_a_gain_at_the_level_that_arms_share() -> None:
    told = outlook.of_design(design(), Scatter(0.005, 0.02, "known"), records=40)

    assert "truly better by 5\u00a0%" in told.sentence
    assert told.power > 0.9


def test_an_arm_that_is_shown_is_named_before_one_that_only_looks_better() -> None:
    shown = ArmComparison("SFT, then DPO", "SFT", lost=-0.02, low=-0.03, high=-0.01, is_shown=True)
    wide = ArmComparison("SFT, then KTO", "SFT", lost=-0.04, low=-0.09, high=0.01)

    assert minutes.sentence([shown, wide], RULE).startswith("SFT, then DPO makes more of the same 30")
