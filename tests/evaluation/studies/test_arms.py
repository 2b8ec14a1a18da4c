"""Arms are asked in the registered order: a gain is told where it is shown, and nothing after the first that is not."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from evaluation.states import StudyKind
from evaluation.studies.kinds import KINDS
from evaluation.studies.kinds.filter_ import ACCEPTED, EDITED, EVERY, LONGEST, UNFILTERED
from evaluation.studies.results import CellResult
from tests.evaluation.studies.simulated import concluded

FILTER = {**KINDS[StudyKind.FILTER].rule, "metric": "nll_per_byte", "draws": 500}
STUDENTS = {
    **KINDS[StudyKind.STUDENTS].rule,
    "metric": "nll_per_byte",
    "draws": 500,
    "comparisons": [["middle", "large"], ["small", "large"]],
}
LOSSES = {EDITED: 0.9, ACCEPTED: 0.92, UNFILTERED: 1.0, LONGEST: 1.1, EVERY: 0.97}
COST = {"seconds": 10.0, "peak_memory_gib": 0.5, "trainable_parameters": 1000.0, "artefact_bytes": 4000.0}


def cells(losses: Mapping[str, float], *, apart: float = 0.002) -> list[CellResult]:
    """Three seeds an arm on 40 records, with noise that is always the same."""
    of_record = np.random.default_rng(7).normal(0, 0.1, 40)
    found = []
    for place, (arm, loss) in enumerate(losses.items()):
        for seed in (1, 2, 3):
            chance = np.random.default_rng([place, seed])
            scores = loss + of_record - of_record.mean() + chance.normal(0, 0.002, 40) + apart * (seed - 2)
            found.append(CellResult(arm, 100, seed, {f"r{i}": float(score) for i, score in enumerate(scores)}, COST))
    return found


def test_a_filter_that_lowers_the_loss_helps_and_the_rest_is_asked_in_order() -> None:
    found = concluded("filter", cells(LOSSES), FILTER)

    assert found["sentence"].startswith(
        "The human filter helps: with accepted and edited texts the loss is 10\u00a0% lower than with as many "
        "unfiltered drafts"
    )
    assert [one["is_shown"] for one in found["comparisons"]] == [True, True, True, True]
    assert found["findings"][0].startswith("Accepted against Unfiltered: the loss is 8")
    assert {point["arm"] for point in found["points"]} == set(LOSSES)


def test_nothing_is_claimed_after_the_first_that_is_not_shown() -> None:
    found = concluded("filter", cells({**LOSSES, ACCEPTED: 1.0}), FILTER)

    assert [one["is_shown"] for one in found["comparisons"]] == [True, False, False, False]
    assert [one["is_asked"] for one in found["comparisons"]] == [True, True, False, False]
    assert found["findings"][1].endswith("not tested, because the comparison before was not shown.")


@pytest.mark.parametrize(
    ("edited", "words"), [(1.0, "does not show whether the human filter helps"), (1.1, "The human filter does harm")]
)
def test_a_filter_that_does_not_help_is_told_so(edited: float, words: str) -> None:
    found = concluded("filter", cells({**LOSSES, EDITED: edited}), FILTER)

    assert words in found["sentence"]
    assert not any(one["is_shown"] for one in found["comparisons"])


def test_an_arm_without_a_cell_is_named() -> None:
    found = concluded("filter", cells({name: loss for name, loss in LOSSES.items() if name != UNFILTERED}), FILTER)

    assert found["sentence"] == "The study cannot tell: no cell of Unfiltered is finished."
    assert [one["is_shown"] for one in found["comparisons"]] == [False] * 4


def test_the_smallest_student_of_an_unbroken_row_holds() -> None:
    found = concluded("students", cells({"small": 1.02, "middle": 1.01, "large": 1.0}), STUDENTS)

    assert found["sentence"].startswith("small is the smallest that holds: the loss is 2")
    broken = concluded("students", cells({"small": 1.0, "middle": 1.2, "large": 1.0}), STUDENTS)
    assert broken["sentence"].startswith("No student smaller than large is shown to hold: with middle the loss is 20")


def test_a_share_that_passes_nowhere_is_no_quality_to_lose() -> None:
    rule = {**FILTER, "metric": "passes_all"}
    none = [CellResult(arm, 100, seed, dict.fromkeys("abcdefgh", 0.0), COST) for arm in LOSSES for seed in (1, 2)]

    found = concluded("filter", none, rule)

    assert found["sentence"] == "The study cannot tell: with unfiltered drafts no output passes."


def test_one_seed_tells_nothing() -> None:
    found = concluded("filter", [cell for cell in cells(LOSSES) if cell.seed == 1], FILTER)

    assert "no arm has two finished seeds" in found["sentence"]
    assert found["points"] == []


def test_every_kind_of_study_has_all_its_parts() -> None:
    assert list(KINDS) == list(StudyKind)
    for name, kind in KINDS.items():
        assert kind.name == name
        assert kind.question.endswith("?")
        assert kind.axis
        assert kind.rule["text"].endswith(".")
        assert bool(kind.gain) != bool(kind.loses_nothing[0])
        assert ("gain" in kind.rule) == bool(kind.gain)
