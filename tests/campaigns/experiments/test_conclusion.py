"""An answer and its words rest on one interval, whatever the companies do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from campaigns.experiments import page_data
from campaigns.experiments.assignments import Assignments
from campaigns.experiments.conclusion import RegisteredTerms, conclude
from campaigns.states import Claim, Metric
from tests.campaigns.experiments.conftest import WISHES
from web.templatetags.figures import percent, points

NOW = datetime(2026, 10, 1, tzinfo=UTC)
TERMS = RegisteredTerms(WISHES, "Teacher", (1, 1), ended_early=True)


def assigned(*arms: Sequence[Sequence[int]]) -> Assignments:
    """Ripe contacts, by arm and company what each did; the first arm is the control."""
    rows = [
        (arm, f"{arm} {company}", outcome)
        for arm, companies in enumerate(arms)
        for company, contacts in enumerate(companies)
        for outcome in contacts
    ]
    _, cluster = np.unique([company for _, company, _ in rows], return_inverse=True)
    return Assignments(
        arms=("Teacher", "Variant", "Third")[: len(arms)], segments=("",),
        arm=np.array([arm for arm, _, _ in rows], dtype=np.int64), cluster=cluster.astype(np.int64),
        segment=np.zeros(len(rows), dtype=np.int64), ripe_at=np.zeros(len(rows)),
        outcome=np.array([outcome for _, _, outcome in rows], dtype=np.float64),
    )  # fmt: skip


def replies(count: int, of: int) -> list[list[int]]:
    return [[int(contact < count)] for contact in range(of)]


@pytest.mark.parametrize(("metric", "counts"), [(Metric.REPLY, (160, 80)), (Metric.UNSUBSCRIBE, (80, 160))])
def test_a_claim_is_refuted_by_the_interval_that_the_sentence_gives(metric: Metric, counts: tuple[int, int]) -> None:
    terms = replace(TERMS, wishes=replace(WISHES, metric=metric, margin=0.045))
    units = assigned(*(replies(count, 1_000) for count in counts))

    early, at_the_end = (conclude(units, each, at=NOW) for each in (terms, replace(terms, ended_early=False)))

    assert (early["rests_on"], at_the_end["rests_on"]) == ("always-valid sequence", "single look")
    assert (early["verdicts"][0]["finding"], early["verdicts"][0]["outcome"]) == ("worse", "open")
    assert "still open" in early["verdicts"][0]["remark"]
    assert (at_the_end["verdicts"][0]["finding"], at_the_end["verdicts"][0]["outcome"]) == ("worse", "refuted")


def test_the_effect_that_was_sized_for_is_reached_by_the_interval_that_the_sentence_gives() -> None:
    terms = replace(TERMS, wishes=replace(WISHES, claim=Claim.BETTER, margin=0.045))
    units = assigned(replies(80, 1_000), replies(160, 1_000))

    early, at_the_end = (
        conclude(units, each, at=NOW)["verdicts"][0] for each in (terms, replace(terms, ended_early=False))
    )

    assert early["outcome"] == at_the_end["outcome"] == "shown"
    assert "is still open" in early["remark"]
    assert "at least the 4.5 points" in at_the_end["remark"]


@pytest.mark.parametrize("ended_early", [False, True])
def test_companies_that_all_answer_alike_have_an_answer(*, ended_early: bool) -> None:
    units = assigned([[1, 0]] * 4, [[1, 0]] * 4)

    answer = conclude(units, replace(TERMS, ended_early=ended_early), at=NOW)

    assert answer["verdicts"][0]["outcome"] == "open"
    interval = answer["analysis"]["comparisons"][0]["effect"]["interval"]
    # Miettinen and Nurminen, two of four against two of four: each company counts as one.
    assert (interval["low"], interval["high"]) == (pytest.approx(-0.59526, abs=1e-5), pytest.approx(0.59526, abs=1e-5))
    assert any("alike" in warning for warning in answer["analysis"]["warnings"])


def test_a_sequence_is_tuned_alike_before_another_arm_is_ripe() -> None:
    counts = (80, 160, 120)
    whole = assigned(*(replies(count, 1_000) for count in counts))
    third_waits = replace(whole, ripe_at=np.where(whole.arm == 2, np.inf, 0.0))
    terms = replace(TERMS, weights=(1, 1, 1))

    before, after = (conclude(units, terms, at=NOW) for units in (third_waits, whole))

    assert len(before["verdicts"]) == 1
    watched = [answer["analysis"]["comparisons"][0]["watched"] for answer in (before, after)]
    assert watched[0]["interval"] == pytest.approx(watched[1]["interval"])
    assert watched[0]["interval"]["low"] == pytest.approx(before["days"]["Variant"][-1]["low"])
    assert watched[1]["interval"]["low"] == pytest.approx(after["days"]["Variant"][-1]["low"])


def test_the_tables_show_the_difference_of_the_shares_beside_it() -> None:
    result = conclude(assigned(replies(290, 308), replies(289, 308)), TERMS, at=NOW)

    (comparison,) = page_data._comparisons(result)

    assert (points(comparison["difference"]), percent(290 / 308), percent(289 / 308)) == ("−0.4", "94.2 %", "93.8 %")
    line = {"segment": "", "n": 308, "control_n": 308, "mean": 289 / 308, "control_mean": 290 / 308}
    line |= {"estimate": -1 / 308, "low": -0.04, "high": 0.04}
    (spread,) = page_data._segments({"segments": [{"lines": [line]}]})
    assert points(spread["lines"][0]["difference"]) == "−0.4"
