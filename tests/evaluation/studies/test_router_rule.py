"""What a study of experts behind a router concludes of its cells, how often it errs and what it can show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from evaluation.states import StudyKind
from evaluation.studies import arms, kinds, outlook
from evaluation.studies.design import StudyArm, StudyDesign
from evaluation.studies.kinds import router
from evaluation.studies.kinds.router import LARGER
from evaluation.studies.outlook import Scatter
from evaluation.studies.results import CellResult

RECORDS = tuple(f"r{place}" for place in range(60))
EXPERTS = {"Expert: a": RECORDS[:30], "Expert: b": RECORDS[30:50], "Expert: c": RECORDS[50:]}
ARMS = (*(StudyArm(name, "demo", fact="kind", scores=own) for name, own in EXPERTS.items()), StudyArm(LARGER, "demo"))
DESIGN = StudyDesign(StudyKind.ROUTER, "?", ARMS, (60,), (1, 2, 3), 1)
SCATTER = Scatter(0.004, 0.04, "simulated")
RULE = {**kinds.rule_of(DESIGN), "companies": {record: place for place, record in enumerate(RECORDS)}, "draws": 400}


def cells(
    lost: float, *, of: int = 0, scatter: Scatter = SCATTER, costs: dict[str, float] | None = None
) -> list[CellResult]:
    """Experts that truly lose a share against a loss of 1, with the noise of seeds and records that is named."""
    chance = np.random.default_rng([11, of])
    of_record = dict(zip(RECORDS, chance.normal(0, scatter.records, len(RECORDS)), strict=True))
    made = []
    for seed in (1, 2, 3):
        shift, other = chance.normal(0, scatter.seeds, 2)
        for name, own in EXPERTS.items():
            scores = {record: 1 + lost + of_record[record] + shift for record in own}
            made.append(CellResult(name, len(own), seed, scores, costs or {}))
        made.append(CellResult(LARGER, 60, seed, dict.fromkeys(RECORDS, 1 + other), costs or {}))
    return made


def sentence(lost: float, **more: Any) -> str:
    joined = router.together(cells(lost, **more), RULE)
    return str(arms.conclude(joined, RULE, router.sentence)["sentence"])


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        (-0.1, "Experts behind a router are better: with 3 experts, picked by 'kind', the loss is"),
        (0.0, "Experts behind a router are as good as one larger student"),
        (0.1, "One larger student is better"),
        (0.02, "Undecided"),
    ],
)
def test_either_side_may_be_told_the_better(lost: float, words: str) -> None:
    assert sentence(lost, of=3).startswith(words)


def test_a_seed_of_which_an_expert_is_missing_is_left_out() -> None:
    some = [cell for cell in cells(0.0) if (cell.arm, cell.seed) != ("Expert: b", 2)]

    points = {point["arm"]: point["seeds"] for point in router.conclude_router(some, RULE)["points"]}

    assert points == {"Experts behind a router": 2, LARGER: 3}


def test_without_an_expert_nothing_is_told() -> None:
    some = [cell for cell in cells(0.0) if cell.arm != "Expert: b"]

    body = router.conclude_router(some, RULE)

    assert body["sentence"] == "The study cannot tell: no cell of Experts behind a router is finished."
    assert {segment["problem"] for segment in body["segments"]} == {"no finished cells to compare"}


def test_segments_are_told_at_a_level_they_share_and_without_an_interval_where_companies_are_few() -> None:
    rule = {**RULE, "companies": RULE["companies"] | dict.fromkeys(EXPERTS["Expert: c"], 1)}

    segments = router.conclude_router(cells(0.05), rule)["segments"]

    assert [(each["segment"], each["records"], each["low"] is None) for each in segments] == [
        ("Expert: a", 30, False), ("Expert: b", 20, False), ("Expert: c", 10, True)
    ]  # fmt: skip
    assert {round(each["level"], 4) for each in segments} == {0.9833}
    assert all(each["low"] < 0.05 < each["high"] for each in segments[:2])


def test_experts_on_one_base_hold_it_once_and_an_output_costs_what_its_expert_does() -> None:
    costs = {
        "parameters_at_work": 110.0, "parameters_held": 10.0, "base_parameters": 100.0, "shares_base": 1.0,
        "seconds_per_thousand": 60.0, "seconds": 5.0, "artefact_bytes": 7.0,
    }  # fmt: skip

    figures = {each["name"]: each for each in router.conclude_router(cells(0.0, costs=costs), RULE)["figures"]}

    assert {name: (each["routed"], each["larger"]) for name, each in figures.items()} == {
        "parameters_at_work": (110.0, 110.0), "parameters_held": (130.0, 110.0), "seconds_per_thousand": (60.0, 60.0),
        "usd_per_thousand": (None, None), "seconds": (15.0, 5.0), "artefact_bytes": (21.0, 7.0),
    }  # fmt: skip
    own = cells(0.0, costs={**costs, "shares_base": 0.0, "parameters_held": 0.0})
    assert router.conclude_router(own, RULE)["figures"][1]["routed"] == 300.0


@pytest.mark.slow
def test_at_most_one_in_forty_studies_errs_and_power_is_as_told() -> None:
    times = 300
    verdicts = {lost: [sentence(lost, of=of) for of in range(times)] for lost in (0.0, 0.02)}
    shares = {
        (lost, words): sum(verdict.startswith(words) for verdict in found) / times
        for lost, found in verdicts.items()
        for words in ("Experts behind a router are better", "Experts behind a router are")
    }
    told = outlook.of_design(DESIGN, SCATTER, records=len(RECORDS))

    # Two standard errors over 2.5 % are 4.3 %.
    assert shares[0.0, "Experts behind a router are better"] <= 0.043
    assert shares[0.02, "Experts behind a router are"] <= 0.043
    assert abs(shares[0.0, "Experts behind a router are"] - told.power) < 0.06
    assert 0.5 < told.power < 1
