"""The sentence an evaluation's page begins with."""

from __future__ import annotations

from typing import Any

import pytest

from evaluation.evaluations import answer, costs, queries, start_evaluation, tables
from evaluation.evaluations.costs import OutputCost
from members.models import Member
from training.models import HostPrice, Miniature


def value(mean: float) -> dict[str, Any]:
    return {"mean": mean, "low": mean - 0.1, "high": mean + 0.1, "n": 40, "companies": 20}


def summary(**means: tuple[str, float]) -> dict[str, Any]:
    return {
        "kinds": {name: kind for name, (kind, _) in means.items()},
        "systems": {name: {"exact": value(mean)} for name, (_, mean) in means.items()},
        "differences": [{"of": "run", "against": "majority", "metric": "exact", "value": value(0.3)}],
    }


def test_the_miniature_stands_beside_its_teacher_with_the_paired_difference() -> None:
    scores = summary(run=("lora", 0.8), gpt=("teacher", 0.9), majority=("baseline", 0.5), tiny=("base", 0.2))
    scores["differences"] = [{"of": "run", "against": "gpt", "metric": "exact", "value": value(-0.3)}]

    found = answer.of(scores, own_system="run")

    assert found and found.own and found.difference
    assert (found.own.label, found.own.quality["value"], found.own.quality["interval"]) == (
        "Your miniature",
        "80.0 %",
        "70.0 % to 90.0 %",
    )
    assert [row.name for row in found.teachers] == ["gpt"]
    assert [row.name for row in found.baselines] == ["majority", "tiny"]
    assert (found.verb, found.difference["verdict"]) == ("is right in", "lower")


@pytest.mark.parametrize(
    ("ends", "more", "sentence"),
    [
        (
            (0.069, -0.049, 0.185),
            {},
            "Your miniature is 6.9 points better; the interval −4.9 to 18.5 includes zero, so this may be chance.",
        ),
        (
            (-0.003, -0.043, 0.037),
            {},
            "Your miniature is 0.3 points worse; the interval −4.3 to 3.7 includes zero, so this may be chance.",
        ),
        ((0.0, -0.02, 0.02), {}, "Neither is better; the interval −2.0 to 2.0 includes zero."),
        ((0.3, 0.2, 0.4), {}, "Your miniature is 30.0 points better (20.0 to 40.0)."),
        ((-0.3, -0.4, -0.2), {}, "Your miniature is 30.0 points worse (−40.0 to −20.0)."),
        ((0.3, None, None), {}, "Your miniature is 30.0 points better: too few to tell."),
        (
            (0.3, 0.2, 0.4),
            {"is_exploratory": True},
            "Your miniature is 30.0 points better (20.0 to 40.0): exploratory, no verdict.",
        ),
    ],
)
def test_the_difference_is_a_sentence_that_says_whether_it_may_be_chance(
    ends: tuple[float, float | None, float | None], more: dict[str, Any], sentence: str
) -> None:
    scores = summary(run=("lora", 0.8), gpt=("teacher", 0.9)) | more
    difference = {**value(0), **dict(zip(("mean", "low", "high"), ends, strict=True))}
    scores["differences"] = [{"of": "run", "against": "gpt", "metric": "exact", "value": difference}]

    found = answer.of(scores, own_system="run")

    assert found and found.difference and found.difference["sentence"] == sentence


@pytest.mark.parametrize(
    ("shares", "ends", "cell", "sentence"),
    [
        # 289 and 290 of 308 are 0.32 points apart, and read 93.8 % and 94.2 %.
        ((289 / 308, 290 / 308), (-1 / 308, -0.04, 0.04), "−0.4 points", "Your miniature is 0.4 points worse; "),
        ((0.93951, 0.94049), (-0.00098, -0.04, 0.04), "0.0 points", "Neither is better; "),
        ((0.9395, 0.9398), (-0.0003, -0.0005, -0.0001), "0.0 points", "Your miniature is under 0.1 points worse ("),
        ((0.9395, 0.9395), (0.0, -0.04, 0.04), "0.0 points", "Neither is better; "),
        ((1.0, 0.0), (1.0, 0.9, 1.0), "+100.0 points", "Your miniature is 100.0 points better ("),
        # A difference that its interval shows is not called none, and one of other records stays as measured.
        ((0.93951, 0.94049), (-0.00098, -0.0016, -0.0003), "−0.1 points", "Your miniature is 0.1 points worse ("),
        ((0.938, 0.942), (-0.003, -0.04, 0.04), "−0.3 points", "Your miniature is 0.3 points worse; "),
    ],
)
def test_a_difference_is_that_of_the_two_figures_beside_it(
    shares: tuple[float, float], ends: tuple[float, float, float], cell: str, sentence: str
) -> None:
    scores = summary(run=("lora", shares[0]), gpt=("teacher", shares[1]))
    difference = {**value(0), **dict(zip(("mean", "low", "high"), ends, strict=True))}
    scores["differences"] = [{"of": "run", "against": "gpt", "metric": "exact", "value": difference}]

    found = answer.of(scores, own_system="run")

    assert found and found.difference and found.difference["sentence"].startswith(sentence)
    assert found.difference["cell"]["value"] == cell


def test_the_records_of_a_share_are_those_that_it_was_counted_over() -> None:
    scores = summary(run=("lora", 1.0), gpt=("teacher", 0.9)) | {"records": 41, "with_gold": 40}

    found = answer.of(scores, own_system="run")

    assert found and found.records == 40


def test_several_teachers_come_best_first_and_without_a_difference_that_was_not_measured() -> None:
    found = answer.of(summary(run=("lora", 0.8), small=("teacher", 0.6), gpt=("teacher", 0.9)), own_system="run")

    assert found
    assert ([row.name for row in found.teachers], found.difference) == (["gpt", "small"], None)


def test_a_better_miniature_of_before_is_no_teacher() -> None:
    scores = summary(run=("lora", 0.8), before=("lora", 0.9), gpt=("teacher", 0.7))
    scores["differences"] = [
        {"of": "run", "against": other, "metric": "exact", "value": value(gap)}
        for other, gap in (("gpt", 0.2), ("before", -0.2))
    ]

    found = answer.of(scores, own_system="run")

    assert found and found.difference
    assert ([row.name for row in found.teachers], [row.name for row in found.others]) == (["gpt"], ["before"])
    assert found.difference["against"] == "gpt"


def test_systems_have_plain_names() -> None:
    kinds = {
        "gpt": "teacher",
        "nearest gold": "baseline",
        "most frequent answer": "baseline",
        "qwen (base)": "base",
        "qwen (with examples)": "baseline",
        "run 1 (LoRA)": "lora",
        "run 2 (LoRA)": "lora",
    }

    plain = answer.labels({"kinds": kinds, "systems": {name: {} for name in kinds}}, own_system="run 2 (LoRA)")

    assert plain == {
        "gpt": "gpt",
        "nearest gold": "Copy of the most similar approved text",
        "most frequent answer": "Most frequent answer",
        "qwen (base)": "qwen before tuning",
        "qwen (with examples)": "qwen before tuning, with examples",
        "run 1 (LoRA)": "run 1 (LoRA)",
        "run 2 (LoRA)": "Your miniature",
    }


def priced(*, high: float, companies: int = 20, **more: Any) -> dict[str, Any]:
    """A run and a baseline that costs less; `high` is the upper end of what the run is better by."""
    made = summary(run=("lora", 0.8), nearest=("baseline", 0.79)) | more
    for name, seconds in (("run", 0.5), ("nearest", 0.1)):
        made["systems"][name] |= {"seconds": value(seconds)}
    interval = {"mean": 0.01, "low": -0.03, "high": high, "n": 40, "companies": companies}
    made["differences"] = [{"of": "run", "against": "nearest", "metric": "exact", "value": interval}]
    return made


def cheapest(scores: dict[str, Any]) -> str | None:
    found = answer.of(scores, own_system="run")
    assert found
    return found.cheapest and found.cheapest.row.name


def test_the_cheapest_that_is_shown_to_be_no_worse_is_named() -> None:
    found = answer.of(priced(high=0.049), own_system="run")

    assert found and found.cheapest
    assert (found.cheapest.row.name, found.cheapest.is_own, found.cheapest.margin) == ("nearest", False, 5.0)


def test_the_lower_cost_goes_before_the_shorter_time() -> None:
    prices = {"run": OutputCost(0.02, ""), "nearest": OutputCost(3.1, "")}

    found = answer.of(priced(high=0.049), own_system="run", costs=prices)

    assert found and found.cheapest and found.own
    assert (found.cheapest.row.name, found.cheapest.is_own) == ("run", True)
    assert found.own.cost == prices["run"]


@pytest.mark.django_db
@pytest.mark.usefixtures("shared_version")
def test_an_answer_that_no_model_writes_is_the_cheapest(miniature: Miniature, admin: Member) -> None:
    HostPrice.objects.create(host="default", usd_per_hour=2)
    evaluation = queries.by_id(start_evaluation.start(miniature.run, by=admin).pk)
    interval = {"low": -0.03, "high": 0.02, "n": 40, "companies": 40}
    seconds = {"tiny": 0.1, "faster": 0.05, "nearest gold": 0.0}
    evaluation.summary = {
        "kinds": {"tiny": "lora", "faster": "lora", "nearest gold": "baseline"},
        "systems": {
            name: {"exact": {"mean": 0.9, **interval}, "seconds": {"mean": value, **interval}}
            for name, value in seconds.items()
        },
        "differences": [
            {"of": "tiny", "against": name, "metric": "exact", "value": {"mean": 0.0, **interval}}
            for name in ("faster", "nearest gold")
        ],
    }

    found = answer.of(evaluation.summary, own_system="tiny", costs=costs.of(evaluation))

    assert found and found.cheapest and found.cheapest.row.cost
    assert (found.cheapest.row.name, found.cheapest.row.cost.usd) == ("nearest gold", 0.0)


def test_what_may_be_worse_by_the_margin_or_is_of_too_few_companies_is_not_named() -> None:
    assert cheapest(priced(high=0.05)) == "run"
    assert cheapest(priced(high=0.01, companies=5)) == "run"
    assert cheapest(priced(high=0.01, companies=6, level=1 - 0.05 / 3)) == "run"


def test_nothing_is_called_no_worse_beyond_the_plan_or_where_nothing_was_compared() -> None:
    assert cheapest(priced(high=0.01, is_exploratory=True)) is None
    assert cheapest(summary(run=("lora", 0.8)) | {"differences": []}) is None


def test_nothing_is_said_while_nothing_is_scored() -> None:
    assert answer.of({}) is None


def test_what_is_shown_to_have_forgotten_more_than_a_tenth_is_told_apart() -> None:
    passages = [100.0, 90.0, 120.0, 80.0, 110.0, 95.0, 105.0, 30.0]
    uneven = [1.0, 1.4, 1.0, 1.4, 1.0, 1.4, 1.0, 1.4]
    summary = forgotten({
        "base": passages,
        "much": [1.2 * nats + at for at, nats in enumerate(passages)],
        "unsure": [factor * nats for factor, nats in zip(uneven, passages, strict=True)],
    })  # fmt: skip

    told = {line["name"]: line for line in tables.forgetting(summary)}

    assert (told["base"]["change"], told["base"]["interval"]) == ("0.0 %", "")
    assert (told["much"]["change"], told["much"]["interval"]) == ("+23.8 %", "+21.0 % to +26.7 %")
    assert told["much"]["words"].startswith("At least 21.0 % worse")
    # A fifth more as it stands, but half of the passages are no worse at all.
    assert float(told["unsure"]["change"].rstrip(" %")) > 10
    assert not told["unsure"]["is_much"]


def test_forgetting_has_the_level_of_the_evaluation() -> None:
    summary = forgotten({"base": [100.0, 110.0, 90.0, 105.0], "much": [120.0, 135.0, 113.0, 128.0]})

    usual, wider = (tables.forgetting({**summary, "level": level})[1]["interval"] for level in (0.95, 0.99))

    ends = [[float(end.strip(" %+")) for end in interval.split(" to ")] for interval in (usual, wider)]
    assert ends[1][0] < ends[0][0] < ends[0][1] < ends[1][1]


def test_what_was_measured_without_passages_has_no_interval_and_is_marked_by_its_change() -> None:
    told = tables.forgetting(forgotten({"base": [200.0], "little": [210.0], "much": [230.0]}, keep_passages=False))

    assert [line["change"] for line in told] == ["0.0 %", "+5.0 %", "+15.0 %"]
    assert [line["interval"] for line in told] == ["", "", ""]
    assert [line["is_much"] for line in told] == [False, False, True]


def forgotten(passages: dict[str, list[float]], *, keep_passages: bool = True) -> dict[str, Any]:
    kinds = {name: "base" if name == "base" else "lora" for name in passages}
    nll = {name: sum(nats) / 100 for name, nats in passages.items()}
    summary = {"systems": {name: {} for name in passages}, "kinds": kinds, "general_nll_per_byte": nll}
    return {**summary, "general_passages": passages} if keep_passages else summary
