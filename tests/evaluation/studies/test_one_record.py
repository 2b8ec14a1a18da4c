"""Of cells that share one validation record, or the records of one company, no verdict of any kind is drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from evaluation.studies.kinds import samples, transfer
from evaluation.studies.results import CellResult
from tests.evaluation.studies.simulated import concluded
from tests.evaluation.studies.test_arms import FILTER, LOSSES, cells
from tests.evaluation.studies.test_transfer_rule import COLUMNS, TRANSFER, transferred
from tests.evaluation.studies.test_verdicts import ARMS, RULE, SIZES, cell, grid


def on_one(found: list[CellResult], *kept: str) -> list[CellResult]:
    """The same cells, scored on these records alone."""
    return [replace(each, scores={name: each.scores[name] for name in kept}) for each in found]


@pytest.mark.parametrize(
    ("kind", "found", "rule"),
    [
        ("filter", cells(LOSSES), FILTER),
        ("methods", [cell(arm, 80, seed, 1.0) for arm in ("LoRA", "Full") for seed in (1, 2, 3)], ARMS),
    ],
)
def test_arms_scored_on_one_record_are_not_told_apart(kind: str, found: list[CellResult], rule: dict[str, Any]) -> None:
    sentence = concluded(kind, on_one(found, "r0"), rule)["sentence"]

    assert sentence.startswith("The study cannot tell: ")
    assert "share one validation record only" in sentence


def test_no_size_is_enough_on_one_record() -> None:
    found = samples.conclude_samples(on_one(grid(lambda n: 1.0), "r0"), RULE, sizes=SIZES)

    assert "share one validation record only" in found["sentence"]


def test_records_of_one_company_are_one() -> None:
    rule = {**FILTER, "companies": {f"r{place}": 0 for place in range(40)}}

    assert "share records of one group only" in concluded("filter", cells(LOSSES), rule)["sentence"]


def test_a_task_scored_on_one_record_has_no_transfer() -> None:
    """The others of its records were too long for a cell."""
    column = [f"mail{place}" for place in range(40)]
    found = [
        replace(each, scores={name: score for name, score in each.scores.items() if name not in column[1:]})
        for each in transferred({("mail", "research"): -0.2})
    ]

    matrix = transfer.conclude_transfer(found, TRANSFER, columns=COLUMNS)["matrix"]

    assert [len(each["entries"]) for each in matrix] == [0, 2]
