"""Values are right or wrong against a gold, and what costs nothing to say stands beside every miniature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from evaluation.engine.contracts import EvaluationSpec, ScoredOutput
from evaluation.engine.outputs import ReferenceScorer
from evaluation.engine.report import report
from evaluation.evaluations import label_tables, metric_display, tables
from evaluation.metrics import baselines, typed
from evaluation.metrics.typed import judged_by
from review.spec import prompting
from review.spec.schema import InputField, Label, OutputField
from review.spec.starters import outreach
from review.spec.task_spec import TaskSpec
from review.spec.values import normalise_fields

TASK = TaskSpec(
    instruction="Sort.",
    input_schema=(InputField(name="text", type="text"),),
    output_schema=(
        OutputField(
            name="category", type="choice", labels=(Label(name="bill"), Label(name="bug"), Label(name="other"))
        ),
        OutputField(name="score", type="number", required=False),
        OutputField(name="tags", type="list", required=False),
        OutputField(name="urgent", type="boolean", required=False),
    ),
    teacher_template="{{facts}}",
    student_template="{{facts}}",
)


def fields(category: str, score: float | None = None, *tags: str, urgent: bool = False) -> dict[str, Any]:
    given = {"category": category, "score": score, "tags": list(tags), "urgent": urgent}
    return normalise_fields(TASK.output_schema, given)


def test_each_value_is_scored_and_the_whole() -> None:
    gold = fields("bill", 3, "a", "b")

    assert typed.scores(TASK, gold, gold)["exact"] == 1.0
    scores = typed.scores(TASK, fields("bill", 5.5, "b", "a"), gold)
    assert (scores["exact"], scores["right_category"], scores["right_score"], scores["right_tags"]) == (0, 1, 0, 1)
    assert (scores["error_score"], scores["squared_error_score"]) == (2.5, 6.25)
    assert typed.scores(TASK, fields("bill", None, "a"), gold)["f1_tags"] == pytest.approx(2 / 3)


def test_a_number_beyond_what_can_be_squared_is_wrong_and_no_distance() -> None:
    scores = typed.scores(TASK, fields("bill", 10**200, "b"), fields("bill", 3, "b"))

    assert scores["right_score"] == 0
    assert "error_score" not in scores and "squared_error_score" not in scores


def test_an_output_without_shape_is_wrong_in_every_value_and_brings_no_error() -> None:
    scores = typed.scores(TASK, None, fields("bill", 3))

    assert scores["exact"] == scores["right_category"] == scores["f1_tags"] == 0
    assert "error_score" not in scores


def test_labels_in_order_tell_how_many_ranks_an_answer_is_off() -> None:
    ordered = TASK.output_schema[0].model_copy(update={"ordered": True})
    task = TASK.model_copy(update={"output_schema": (ordered, *TASK.output_schema[1:])})

    off = [typed.scores(task, fields(said), fields("bill"))["ranks_off_category"] for said in ("bill", "bug", "other")]
    unread = typed.scores(task, None, fields("bill"))

    assert off == [0, 1, 2]
    assert "ranks_off_category" not in unread | typed.scores(TASK, fields("bug"), fields("bill"))
    display = metric_display.of_field("ranks_off_category")
    assert display is not None and (display.label, metric_display.needs_gold(display.name)) == (
        "Category, ranks off",
        True,
    )


def test_a_task_of_prose_has_no_values() -> None:
    prose = TASK.model_copy(update={"output_schema": (OutputField(name="body"),)})

    assert typed.value_fields(prose) == []
    assert typed.scores(prose, {"body": "x"}, {"body": "x"}) == {}


def test_labels_alone_have_no_overlap_of_words() -> None:
    alone = TASK.model_copy(update={"output_schema": TASK.output_schema[:1]})

    scores, _ = ReferenceScorer().scored(alone, {"text": "x"}, {"category": "bug"}, "bug", "bill")

    assert scores["right_category"] == 0
    assert not {"chrf", "rouge_l", "words", "facts_right"} & set(scores)


def evaluated(
    right: list[dict[str, Any]],
    said: dict[str, list[dict[str, Any] | None]],
    *,
    level: float = 0.95,
    companies: Sequence[str] = (),
) -> dict[str, Any]:
    methods = {"base": "base", "tuned": "lora", "most frequent answer": "baseline"}
    spec = EvaluationSpec.model_validate(
        {
            "task": TASK.canonical(),
            "records": [
                {"id": f"r{i}", "facts": {"text": "x"}, "company": companies[i] if companies else ""}
                for i in range(len(right))
            ],
            "golds": [
                {"record": f"r{i}", "completion": prompting.completion(TASK, gold)} for i, gold in enumerate(right)
            ],
            "draws": 200,
            "level": level,
            "systems": [
                {"name": name, "student": {"path": "/x"}, "method": methods[name]}
                for name in said
                if methods[name] != "baseline"
            ],
            "written": [
                {"name": name, "method": "baseline", "outputs": []} for name in said if methods[name] == "baseline"
            ],
        }
    )
    scorer, outputs = ReferenceScorer(), []
    for system, answers in said.items():
        for i, answer in enumerate(answers):
            text = prompting.completion(TASK, answer) if answer else "no idea"
            scores, marks = scorer.scored(TASK, {"text": "x"}, answer, text, spec.golds[i].completion)
            outputs.append(
                ScoredOutput(
                    system=system, record=f"r{i}", text=text, fields=answer, error="", marks=marks, seconds=0.1,
                    cost_usd=0.0, tokens=1, scores=scores,
                )
            )  # fmt: skip
    found = report(spec, outputs, {}, 1.0, {}).model_dump()
    return {**found, "kinds": {name: methods[name] for name in said}}


def test_the_report_tells_confusion_macro_f1_and_rmse() -> None:
    right = [fields("bill", 1), fields("bug", 2), fields("bill", 3), fields("other", 4)] * 3
    said = [fields("bill", 1), fields("bill", 4), None, fields("other", 4)] * 3
    summary = evaluated(right, {"tuned": said})

    [category, urgent] = summary["labels"]["tuned"]
    tuned = summary["systems"]["tuned"]
    assert category["counts"] == [[3, 0, 0, 3], [3, 0, 0, 0], [0, 0, 3, 0]]
    assert urgent["labels"] == ["yes", "no"]
    assert urgent["counts"] == [[0, 0, 0], [0, 9, 3]]
    # F1 of bill 1/2, of bug 0, of other 1.
    assert tuned["macro_f1_category"]["mean"] == pytest.approx(0.5)
    assert tuned["rmse_score"]["mean"] == pytest.approx((4 / 3) ** 0.5)
    assert tuned["error_score"]["mean"] == pytest.approx(2 / 3)
    assert tuned["right_category"]["mean"] == 0.5


def test_a_label_field_that_no_gold_fills_has_neither_macro_f1_nor_confusion() -> None:
    right = [{**fields("bill", 1), "urgent": None}] * 12
    summary = evaluated(right, {"tuned": right})

    assert [report["field"] for report in summary["labels"]["tuned"]] == ["category"]
    assert [name for name in summary["systems"]["tuned"] if name.startswith("macro_f1")] == ["macro_f1_category"]


def test_at_a_higher_level_macro_f1_stays_a_share_and_an_rmse_above_nothing() -> None:
    right = [fields(label, 1) for label in ("bill", "bug", "other")] * 4
    said = [*right[:11], fields("bill", 9)]

    usual, shared = (evaluated(right, {"tuned": said}, level=level)["systems"]["tuned"] for level in (0.95, 0.9975))

    for metric in ("macro_f1_category", "rmse_score"):
        one, other = usual[metric], shared[metric]
        assert 0 <= other["low"] <= one["low"] < one["high"] <= other["high"]
    assert usual["macro_f1_category"]["high"] < shared["macro_f1_category"]["high"] <= 1


def test_the_page_shows_values_first_and_the_baseline_first_of_the_systems() -> None:
    right = [fields("bill"), fields("bug")] * 8
    summary = evaluated(right, {"tuned": right, "most frequent answer": [fields("bill")] * 16})

    assert tables.headline_metric(summary).name == "exact"
    assert tables.systems(summary) == ["most frequent answer", "tuned"]
    assert [row["metric"].label for row in tables.rows(summary)[:3]] == [
        "All values right",
        "Tags, set F1",
        "Category, macro-F1",
    ]
    [line] = tables.differences(summary, "exact")
    assert (line["of"], line["against"], line["verdict"]) == ("tuned", "most frequent answer", "higher")
    table = label_tables.of(summary, ["tuned"])[0]
    assert table["lines"][0]["support"] == 8
    # Of what was tuned: it is looked at first.
    assert [cell["count"] for cell in table["matrices"][0]["rows"][0]["cells"]] == [8, 0, 0, 0]


def test_precision_and_recall_on_the_page_keep_intervals_with_companies_as_units() -> None:
    right, companies = [fields("bill")] * 20, [f"company {place // 5}" for place in range(20)]
    summary = evaluated(right, {"tuned": [*right[:15], *[fields("bug")] * 5]}, companies=companies)

    recall = label_tables.of(summary, ["tuned"])[0]["lines"][0]["cells"][0]["recall"]
    stored = summary["labels"]["tuned"][0]["rows"][0]["recall"]
    # Three companies all right and one all wrong say little of the next.
    assert stored["low"] < 0.2
    assert recall["interval"] == f"{100 * stored['low']:.0f} % to {100 * stored['high']:.0f} %"


def test_tables_of_labels_have_the_systems_in_the_order_that_is_asked_for() -> None:
    right = [fields("bill"), fields("bug")] * 4
    summary = evaluated(right, dict.fromkeys(("base", "tuned", "most frequent answer"), right))

    [table, *_] = label_tables.of(summary, ["base", "tuned", "most frequent answer"])
    assert [matrix["system"] for matrix in table["matrices"]] == ["base", "tuned", "most frequent answer"]
    assert table["systems"] == ["base", "tuned", "most frequent answer"]


@pytest.mark.parametrize("check", ["", "passes_pattern"])
def test_values_that_no_check_reads_are_told_as_right_and_never_as_passing(check: str) -> None:
    measured = ("exact", "right_category", "has_shape", "passes_all", "passes_field_category", check)
    scores = {name: {"mean": 1.0, "low": 0.5, "high": 1.0, "n": 8} for name in measured if name}
    summary = {"systems": {"tuned": scores}, "kinds": {"tuned": "lora"}}

    names = {row["metric"].name for row in tables.rows(summary)}
    assert ("passes_all" in names, "passes_field_category" in names) == (bool(check), bool(check))
    assert tables.headline_metric(summary).name == "exact"


def test_a_task_has_one_metric_by_what_it_writes_whatever_was_measured() -> None:
    passing = {"systems": {"tuned": {"passes_all": {"mean": 1.0, "low": 0.5, "high": 1.0, "n": 8}}}}
    mails = outreach.SPEC

    assert (judged_by(TASK), judged_by(mails)) == ("exact", "passes_all")
    # No expert's gold was there to compare with: that all checks pass says nothing of the values.
    [line] = tables.headline({**passing, "judged_by": judged_by(TASK)})
    assert line["cell"] is None
    [line] = tables.headline({**passing, "judged_by": judged_by(mails)})
    assert line["cell"]["value"] == "100.0 %"


EXAMPLES = [
    baselines.Example({"text": "invoice is too high"}, fields("bill", 1)),
    baselines.Example({"text": "the app crashes on start"}, fields("bug", 2)),
    baselines.Example({"text": "crashes again, the app"}, fields("bug", 2)),
]


def test_the_most_frequent_answer_is_that_of_each_field() -> None:
    assert baselines.majority(TASK, EXAMPLES) == fields("bug", 2)
    with pytest.raises(ValueError, match="at least one approved example"):
        baselines.majority(TASK, [])


@pytest.mark.parametrize(
    ("text", "category"), [("High invoice!", "bill"), ("It crashes", "bug"), ("unheard-of words", "bill")]
)
def test_the_nearest_gold_is_that_of_the_record_with_most_words_in_common(text: str, category: str) -> None:
    assert baselines.NearestGold(EXAMPLES).nearest({"text": text}, 1)[0].fields["category"] == category


def test_the_most_alike_examples_come_first_and_none_of_the_company_itself() -> None:
    own = baselines.Example({"text": "crashes again, the app, each day"}, fields("bug", 2), "Acme")
    found = baselines.NearestGold([own, *EXAMPLES])
    asked = {"text": "crashes again, the app, each day"}

    assert found.nearest(asked, 3) == [own, EXAMPLES[2], EXAMPLES[1]]
    assert found.nearest(asked, 3, apart_from="Acme") == [EXAMPLES[2], EXAMPLES[1], EXAMPLES[0]]
