"""The report's shares have intervals that hold for few and for none, and companies are its units."""

from __future__ import annotations

from typing import Any

import pytest

from evaluation.engine.contracts import EvaluationSpec, ScoredOutput
from evaluation.engine.report import report, table
from evaluation.evaluations import tables
from review.spec.schema import InputField, OutputField
from review.spec.task_spec import TaskSpec
from stats.intervals import shares

TASK = TaskSpec(
    instruction="Write.",
    input_schema=(InputField(name="company", role="group"),),
    output_schema=(OutputField(name="body", role="body"),),
    teacher_template="{{facts}}",
    student_template="{{facts}}",
)


def made(base: list[float], tuned: list[float], *, companies: int | None = None, **more: Any) -> dict[str, Any]:
    records = [
        {"id": f"r{number}", "facts": {}, "company": f"c{number % companies}" if companies else ""}
        for number in range(len(base))
    ]
    names = {"base": "base", "tuned": "lora"}
    spec = EvaluationSpec.model_validate(
        {
            "task": TASK.canonical(), "records": records, "draws": 200,
            "systems": [{"name": name, "student": {"path": "/x"}, "method": method} for name, method in names.items()],
            **more,
        }
    )  # fmt: skip
    outputs = [
        ScoredOutput(
            system=system, record=f"r{number}", text="x", fields={"body": "x"}, error="", marks=[], seconds=1.0,
            cost_usd=0.0, tokens=1, scores={"passes_all": score, "words": 1.0 + number % 3},
        )
        for system, scores in (("base", base), ("tuned", tuned))
        for number, score in enumerate(scores)
    ]  # fmt: skip
    return {**report(spec, outputs, {}, 1.0, {}).model_dump(), "kinds": names}


def test_none_of_a_hundred_and_one_is_no_certainty() -> None:
    summary = made([0.0] * 101, [1.0] * 101)

    base, tuned = (summary["systems"][name]["passes_all"] for name in ("base", "tuned"))

    expected = shares.wilson(0, 101)
    assert (base["low"], base["high"], base["companies"]) == (expected.low, expected.high, 101)
    assert tuned["low"] < 0.97


def test_a_difference_of_shares_is_in_points_and_has_a_verdict_where_one_can_be_told() -> None:
    [line] = tables.differences(made([0.0] * 30, [1.0] * 20 + [0.0] * 10), "passes_all")

    assert line["cell"]["value"] == "+66.7 points"
    assert "points to" in line["cell"]["interval"]
    assert line["verdict"] == "higher"


def test_an_end_of_an_interval_that_rounds_to_nothing_has_no_sign() -> None:
    summary = made([0.0] * 30, [1.0] * 30)
    for difference in summary["differences"]:
        difference["value"] |= {"mean": 0.0004, "low": -0.0004, "high": -0.0001}

    [line] = tables.differences(summary, "passes_all")

    assert (line["cell"]["value"], line["cell"]["interval"]) == ("0.0 points", "0.0 points to 0.0 points")


def test_three_records_give_no_verdict_whatever_they_say() -> None:
    [line] = tables.differences(made([0.0] * 3, [1.0] * 3), "passes_all")

    assert line["verdict"] == "too few to tell"


def test_many_records_of_three_companies_give_no_verdict_either_and_a_wider_interval() -> None:
    few, many = made([0.0] * 60, [1.0] * 60, companies=3), made([0.0] * 60, [1.0] * 60)

    [line] = tables.differences(few, "passes_all")

    assert line["verdict"] == "too few to tell"
    width = [each["systems"]["tuned"]["passes_all"] for each in (few, many)]
    assert width[0]["low"] < width[1]["low"] - 0.2
    assert few["systems"]["tuned"]["words"]["companies"] == 3


def test_outputs_without_shape_have_a_row_of_their_own_and_a_mean_over_fewer_says_so() -> None:
    interval = {"low": None, "high": None, "companies": 101}
    base = {"has_shape": {"mean": 89 / 101, "n": 101, **interval}, "chrf": {"mean": 20.0, "n": 80, **interval}}
    tuned = {"has_shape": {"mean": 1.0, "n": 101, **interval}, "chrf": {"mean": 50.0, "n": 95, **interval}}
    summary = {"records": 101, "with_gold": 95, "systems": {"base": base, "tuned": tuned}}

    rows = {row["metric"].label: row["cells"] for row in tables.rows(summary)}

    assert [cell["value"] for cell in rows["Out of shape"]] == ["12 of 101", "0 of 101"]
    assert [(cell["n"], cell["of"]) for cell in rows["chrF to approved examples"]] == [(80, 95), (95, None)]
    assert list(rows).index("Out of shape") == list(rows).index("Valid format") + 1


def test_what_was_never_written_makes_no_system_faster() -> None:
    one = ScoredOutput(
        system="tuned", record="r0", text="x", fields={"body": "x"}, error="", marks=[], seconds=1.0, cost_usd=0.1,
        tokens=1, scores={},
    )  # fmt: skip
    unfit = one.model_copy(update={"record": "r1", "error": "no room", "seconds": 0.0, "cost_usd": 0.0})
    failed = one.model_copy(update={"record": "r2", "error": "out of shape"})
    free = one.model_copy(update={"system": "nearest gold", "seconds": 0.0})

    scores = table([one, unfit, failed, free])

    assert scores["tuned"]["seconds"] == {"r0": 1.0, "r2": 1.0}
    assert set(scores["tuned"]["cost_usd"]) == {"r0", "r1", "r2"}
    assert scores["nearest gold"]["seconds"] == {"r0": 0.0}


def test_no_row_tells_of_outputs_without_shape_where_there_are_none() -> None:
    shaped = {"mean": 1.0, "n": 3, "low": None, "high": None, "companies": 3}

    assert tables.out_of_shape({"systems": {"base": {"has_shape": shaped}, "tuned": {}}}) == []


def test_an_opening_among_several_has_wider_intervals_and_its_verdict_needs_more_companies() -> None:
    base, tuned = [0.0] * 30, [1.0] * 20 + [0.0] * 10
    usual, shared = made(base, tuned), made(base, tuned, level=1 - 0.05 / 3)

    for metric in ("passes_all", "words"):
        one, other = (each["systems"]["tuned"][metric] for each in (usual, shared))
        assert other["low"] < one["low"] < one["high"] < other["high"]
    assert [tables.fewest_companies(each) for each in (usual, shared)] == [6, 7]
    assert [tables.differences(each, "passes_all")[0]["verdict"] for each in (usual, shared)] == ["higher", "higher"]


def test_a_look_beyond_the_plan_gives_no_verdict() -> None:
    [line] = tables.differences(made([0.0] * 30, [1.0] * 30, is_exploratory=True), "passes_all")

    assert line["verdict"] == "exploratory, no verdict"


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (0, ""),
        (30, ""),
        (12, "With 12 validation records the result is very uncertain"),
        (1, "With 1 validation record t"),
    ],
)
def test_few_records_are_warned_of(count: int, told: str) -> None:
    warning = tables.few_records_warning(count, "validation")

    assert warning.startswith(told) and bool(warning) == bool(told)
