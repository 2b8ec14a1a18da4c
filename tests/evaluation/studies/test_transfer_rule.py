"""Transfer between tasks: laid out, decided by its rule, and seldom found where there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from evaluation.states import StudyKind, StudyMetric
from evaluation.studies import outlook
from evaluation.studies.design import DesignError
from evaluation.studies.kinds import KINDS, transfer
from evaluation.studies.outlook import Scatter
from evaluation.studies.results import CellResult
from tests.evaluation.studies.test_more_kinds import COST, laid


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


TRANSFER = {**KINDS[StudyKind.TRANSFER].rule, "metric": str(StudyMetric.NLL)}


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
