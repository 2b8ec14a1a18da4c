"""Grids: presets fit what a version holds, and what cannot be run is refused field by field."""

from __future__ import annotations

from typing import Any

import pytest

from demo.students import WRITER
from evaluation.studies import design, grids, kinds
from evaluation.studies.design import DesignError, StudyInputs, StudyRequest
from training.states import SampleOf


def compose(available: int = 346, **wishes: Any) -> design.StudyDesign:
    given = StudyInputs(records={SampleOf.ACCEPTED_OR_EDITED: available}, students=("demo",), shipped={"demo": WRITER})
    return grids.design_study(StudyRequest(**{"kind": "samples", **wishes}), given)


@pytest.mark.parametrize("available", [10, 16, 90, 346, 5000])
@pytest.mark.parametrize("preset", ["small", "normal"])
def test_a_preset_fits_any_version(available: int, preset: str) -> None:
    if available == 10:
        with pytest.raises(DesignError, match="two sizes"):
            compose(available, preset=preset)
        return

    made = compose(available, preset=preset)

    assert list(made.sizes) == sorted(set(made.sizes))
    assert 10 <= made.sizes[0] < made.sizes[-1] <= available


def test_the_small_preset_doubles_up_to_160_records_on_the_demo() -> None:
    made = compose()

    assert (made.sizes, made.seeds, made.epochs) == ((20, 40, 80, 160), (1, 2), 1)
    assert [arm.recipe for arm in made.arms] == ["demo"]


def test_the_methods_are_compared_at_one_size_with_both_arms() -> None:
    made = compose(kind="methods")

    assert made.sizes == (160,)
    assert [(arm.name, arm.recipe) for arm in made.arms] == [("LoRA", "demo"), ("Full", "demo-full")]
    assert len(made.places) == 4


def test_the_filter_compares_four_kinds_of_texts_at_one_size_and_all_that_was_written() -> None:
    records = {SampleOf.ACCEPTED_OR_EDITED: 200, SampleOf.ACCEPTED: 120, SampleOf.WRITTEN: 300, SampleOf.LONGEST: 300}
    given = StudyInputs(records=records, students=("demo",), shipped={"demo": WRITER})

    made = grids.design_study(StudyRequest(kind="filter"), given)

    assert made.sizes == (120,)
    assert {(arm.name, str(arm.of), size) for arm, size, _ in made.places} == {
        ("Accepted and edited", "golds", 120),
        ("Accepted", "accepted", 120),
        ("Unfiltered", "written", 120),
        ("Longest", "longest", 120),
        ("Everything written", "written", 300),
    }
    compared = {name for pair in kinds.rule_of(made)["comparisons"] for name in pair}
    assert compared == {arm.name for arm in made.arms}


def test_students_are_asked_from_the_second_largest_down() -> None:
    given = StudyInputs(
        records={SampleOf.ACCEPTED_OR_EDITED: 200}, students=("small", "middle", "large"), shipped={"small": WRITER}
    )

    made = grids.design_study(StudyRequest(kind="students"), given)

    assert [(arm.student, arm.recipe) for arm in made.arms] == [
        ("small", "demo"), ("middle", "modern-lora"), ("large", "modern-lora"),
    ]  # fmt: skip
    assert kinds.rule_of(made)["comparisons"] == [["middle", "large"], ["small", "large"]]


def test_judging_by_outputs_writes_one_for_every_scored_record() -> None:
    made = compose(metric="passes_all")

    assert made.written_records == made.scored_records
    assert "falls by less than 5 %" in kinds.rule_of(made)["text"]


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    ("wishes", "field", "words"),
    [
        ({"sizes": (40, 20)}, "sizes", "must increase"),
        ({"sizes": (20, 20, 40)}, "sizes", "must increase"),
        ({"sizes": (20, 400)}, "sizes", "holds 346"),
        ({"sizes": (0, 20)}, "sizes", "do not fit"),
        ({"sizes": (40,)}, "sizes", "two sizes"),
        ({"kind": "methods", "sizes": (20, 40)}, "sizes", "one size"),
        ({"seeds": (1,)}, "seeds", "at least 2 different seeds"),
        ({"seeds": (1, 1)}, "seeds", "at least 2 different seeds"),
        ({"seeds": (1, 2**32)}, "seeds", "whole number"),
        ({"epochs": 99}, "epochs", "1 to 20"),
        ({"seeds": tuple(range(20))}, "sizes", "80 cells"),
        ({"kind": "weather"}, "kind", "samples, methods, filter, students"),
        ({"kind": "students"}, "students", "two students"),
        ({"kind": "filter", "sizes": (20, 40)}, "sizes", "one size"),
        ({"metric": "taste"}, "metric", "nll_per_byte"),
        ({"preset": "huge"}, "preset", "small, normal"),
        ({"kind": "minutes", "recipes": {"sft": "paper-lora"}}, "recipes", "no arm 'sft'; choose of lora"),
        ({"recipes": {"": "paper-lora"}}, "recipes", "no arm ''"),
    ],
)
def test_what_cannot_be_run_is_refused_by_its_field(wishes: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(DesignError) as refused:
        compose(**wishes)

    assert words in refused.value.errors[field][0]
