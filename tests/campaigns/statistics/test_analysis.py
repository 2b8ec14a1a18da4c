"""From outcomes to verdicts: which method where, what is adjusted, what is told."""

import json
import math

import numpy as np
import pytest
from scipy import stats

from stats.experiments import analysis, report
from stats.experiments.analysis_types import AnalysisQuestion
from stats.experiments.conclusions import ConclusionKind
from stats.intervals import always_valid, two_clustered, two_shares
from stats.intervals.samples import ClusteredSample, ShareSample
from stats.intervals.two_shares import DifferenceBy
from tests.campaigns.statistics.arms import of_clusters, of_counts


def counts(successes: int, n: int) -> ClusteredSample:
    return of_counts(successes, n)


def clustered(seed: int, share: float, n_clusters: int = 120) -> ClusteredSample:
    chance = np.random.default_rng(seed)
    sizes = chance.integers(1, 7, n_clusters)
    return ClusteredSample(sizes, chance.binomial(sizes, share).astype(float), is_binary=True)


def test_independent_shares_get_the_score_interval() -> None:
    found = analysis.analyse({"b": counts(54, 1000), "a": counts(59, 1000)}, AnalysisQuestion(control="a"))

    expected = two_shares.difference(ShareSample(59, 1000), ShareSample(54, 1000), by=DifferenceBy.MIETTINEN_NURMINEN)
    assert found.comparisons[0].effect == expected
    assert [arm.name for arm in found.arms] == ["a", "b"]
    assert found.is_share and not found.is_clustered


def test_clustered_shares_get_the_cluster_robust_t_and_the_ratio_counts_clusters() -> None:
    arms = {"teacher": clustered(1, 0.2), "miniature": clustered(2, 0.2, n_clusters=130)}

    found = analysis.analyse(arms, AnalysisQuestion(control="teacher"))

    assert found.comparisons[0].effect == two_clustered.difference(arms["teacher"], arms["miniature"])
    assert found.sample_ratio.counts == (120, 130)
    assert found.is_clustered


@pytest.mark.parametrize("silent_arms", [1, 2])
def test_clusters_without_any_reply_get_a_wide_interval_not_an_error(silent_arms: int) -> None:
    silent = clustered(1, 0.0)
    other = silent if silent_arms == 2 else clustered(2, 0.1)

    found = analysis.analyse({"teacher": silent, "miniature": other}, AnalysisQuestion(control="teacher", margin=0.01))

    [one] = found.comparisons
    assert one.effect.interval.high - one.effect.interval.low > 0.05
    assert "every cluster was counted as one unit" in found.warnings[0]
    assert one.relative is None
    assert found.arms[0].interval is not None and found.arms[0].interval.low == 0


def test_an_arm_of_one_cluster_gets_a_verdict_that_is_open() -> None:
    single = of_clusters([8], [1], is_binary=True)

    found = analysis.analyse({"teacher": clustered(1, 0.1), "miniature": single}, AnalysisQuestion(control="teacher"))

    assert found.comparisons[0].verdict.finding == ConclusionKind.INCONCLUSIVE
    assert any("Only 1 cluster in an arm" in warning for warning in found.warnings)


def test_an_amount_stays_an_amount_where_nobody_bought() -> None:
    bought = ClusteredSample.of_units([0.0, 12.5, 0.0, 3.0] * 30)
    nothing = ClusteredSample.of_units([0.0] * 100)

    found = analysis.analyse({"control": nothing, "other": bought}, AnalysisQuestion(control="control", unit="$"))

    assert not found.is_share
    assert "$3.88 against $0.00" in found.comparisons[0].verdict.sentence


def test_the_margin_p_value_agrees_with_the_interval() -> None:
    """Where the margin is exactly the lower bound, the one-sided p-value is exactly 2.5 %."""
    for arms in (
        {"t": counts(59, 1000), "m": counts(54, 1000)},
        {"t": clustered(1, 0.2), "m": clustered(2, 0.2)},
        {"t": ClusteredSample.of_units(np.arange(50.0) % 7), "m": ClusteredSample.of_units(np.arange(60.0) % 6)},
    ):
        low = analysis.analyse(arms, AnalysisQuestion(control="t")).comparisons[0].effect.interval.low
        edge = analysis.analyse(arms, AnalysisQuestion(control="t", margin=-low)).comparisons[0]
        assert edge.p_margin == pytest.approx(0.025, abs=1e-6)


def test_where_less_is_better_the_margin_is_the_upper_bound() -> None:
    for arms in ({"t": counts(59, 1000), "m": counts(54, 1000)}, {"t": clustered(1, 0.2), "m": clustered(2, 0.2)}):
        high = analysis.analyse(arms, AnalysisQuestion(control="t")).comparisons[0].effect.interval.high
        edge = analysis.analyse(arms, AnalysisQuestion(control="t", margin=high, higher_is_better=False)).comparisons[0]
        assert edge.p_margin == pytest.approx(0.025, abs=1e-6)


def test_where_less_is_better_margin_and_verdict_turn_over() -> None:
    arms = {"t": counts(20, 1000), "m": counts(40, 1000)}

    more_is_better = analysis.analyse(arms, AnalysisQuestion(control="t", margin=0.01)).comparisons[0]
    less_is_better = analysis.analyse(
        arms, AnalysisQuestion(control="t", margin=0.01, higher_is_better=False)
    ).comparisons[0]

    assert more_is_better.verdict.finding == ConclusionKind.BETTER
    assert less_is_better.verdict.finding == ConclusionKind.WORSE
    assert (more_is_better.p_margin or 1) < 0.001 < 0.9 < (less_is_better.p_margin or 0)


def test_several_arms_are_adjusted_by_holm() -> None:
    arms = {"t": counts(50, 1000), "a": counts(70, 1000), "b": counts(71, 1000), "c": counts(50, 1000)}

    found = analysis.analyse(arms, AnalysisQuestion(control="t"))

    by_arm = {one.arm: one for one in found.comparisons}
    assert by_arm["b"].adjusted_p == pytest.approx(3 * by_arm["b"].p_value)
    assert by_arm["a"].adjusted_p >= 2 * by_arm["a"].p_value
    assert any("Holm" in method.name for method in found.methods)


def test_what_one_comparison_would_show_several_may_leave_open() -> None:
    two = {"t": counts(50, 1000), "a": counts(71, 1000)}
    four = {**two, "b": counts(52, 1000), "c": counts(49, 1000)}

    alone = analysis.analyse(two, AnalysisQuestion(control="t")).comparisons[0]
    together = analysis.analyse(four, AnalysisQuestion(control="t")).comparisons[0]

    assert alone.verdict.finding == ConclusionKind.BETTER
    assert together.verdict.finding == ConclusionKind.INCONCLUSIVE


@pytest.mark.parametrize(("is_running", "successes"), [(False, 413), (True, 384)])
def test_a_loss_beyond_the_margin_is_adjusted_for_several_arms_too(is_running: bool, successes: int) -> None:
    question = AnalysisQuestion(control="t", margin=0.02, is_running=is_running, horizon=24_000)
    two = {"t": counts(600, 6000), "a": counts(successes, 6000)}
    others = {name: counts(520, 6000) for name in "bcd"}

    alone, together, far = (
        analysis.analyse(arms, question).comparisons[0].verdict
        for arms in (two, {**two, **others}, {**two, **others, "a": counts(240, 6000)})
    )

    assert alone.is_beyond and "by more than 2 points" in alone.sentence
    assert together.finding == ConclusionKind.WORSE and not together.is_beyond
    assert "by more than" not in together.sentence
    assert "still open" in together.remark
    assert far.is_beyond


def test_a_loss_beyond_the_margin_counts_where_less_is_better_too() -> None:
    few, many = counts(100, 6000), counts(400, 6000)
    question = AnalysisQuestion(control="t", margin=0.02, higher_is_better=False)

    assert analysis.analyse({"t": few, "a": many}, question).comparisons[0].verdict.is_beyond
    assert not analysis.analyse({"t": many, "a": few}, question).comparisons[0].verdict.is_beyond


def test_while_running_the_always_valid_interval_decides() -> None:
    arms = {"t": counts(50, 1000), "m": counts(71, 1000)}

    ended = analysis.analyse(arms, AnalysisQuestion(control="t")).comparisons[0]
    running = analysis.analyse(arms, AnalysisQuestion(control="t", is_running=True, horizon=4000)).comparisons[0]

    assert ended.verdict.finding == ConclusionKind.BETTER
    assert running.verdict.finding == ConclusionKind.INCONCLUSIVE
    robust = two_clustered.difference(arms["t"], arms["m"])
    assert running.watched == always_valid.always_valid(robust, 2000, tuned_for=4000)
    assert running.p_value == (running.watched.p_value if running.watched else None)


def test_while_running_before_any_reply_everything_is_open() -> None:
    silent = {"t": clustered(1, 0.0), "m": clustered(2, 0.0)}

    [one] = analysis.analyse(silent, AnalysisQuestion(control="t", is_running=True, margin=0.01)).comparisons

    assert one.watched is None
    assert one.verdict.finding == ConclusionKind.INCONCLUSIVE
    assert one.p_value == one.p_margin == 1.0


def test_while_running_the_margin_agrees_with_the_always_valid_interval() -> None:
    arms = {"t": clustered(1, 0.2), "m": clustered(2, 0.2)}
    [one] = analysis.analyse(arms, AnalysisQuestion(control="t", is_running=True)).comparisons
    assert one.watched is not None

    margin = -one.watched.interval.low
    [edge] = analysis.analyse(arms, AnalysisQuestion(control="t", is_running=True, margin=margin)).comparisons

    assert edge.p_margin == pytest.approx(0.025, abs=1e-6)


def test_a_broken_sample_ratio_is_the_first_thing_told() -> None:
    arms = {"t": counts(50, 1000), "m": counts(60, 1300)}

    found = analysis.analyse(arms, AnalysisQuestion(control="t"))
    planned = analysis.analyse(arms, AnalysisQuestion(control="t", shares={"t": 10, "m": 13}))

    assert "did not get their planned shares" in found.warnings[0]
    assert planned.warnings == ()


def test_an_analysis_is_plain_json() -> None:
    silent = {"t": clustered(1, 0.0), "m": clustered(2, 0.0)}

    data = report.as_data(analysis.analyse(silent, AnalysisQuestion(control="t", margin=0.01, is_running=True)))

    text = json.dumps(data, allow_nan=False)
    assert json.loads(text)["comparisons"][0]["verdict"]["finding"] == "inconclusive"
    assert data["sample_ratio"]["is_alarm"] is False


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ({"control": "x"}, "There is no arm 'x'; the arms are m, t"),
        ({"control": "t", "shares": {"t": 1}}, "exactly the arms"),
    ],
)
def test_a_question_that_does_not_fit_the_arms_is_refused(question: dict[str, object], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        analysis.analyse({"t": counts(5, 100), "m": counts(6, 100)}, AnalysisQuestion(**question))


def test_a_question_without_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="at least two arms"):
        analysis.analyse({"t": counts(5, 100)}, AnalysisQuestion(control="t"))
    with pytest.raises(ValueError, match="margin must be above 0"):
        AnalysisQuestion(control="t", margin=0.0)
    with pytest.raises(ValueError, match="A level"):
        AnalysisQuestion(control="t", level=95)
    same = ClusteredSample.of_units([2.5, 2.5, 2.5])
    with pytest.raises(ValueError, match="no variation"):
        analysis.analyse({"t": same, "m": same}, AnalysisQuestion(control="t"))


def test_the_interval_of_a_share_is_wilsons_and_of_an_amount_students() -> None:
    share = two_clustered.interval_of_mean(counts(5, 100))
    amount = two_clustered.interval_of_mean(ClusteredSample.of_units([1.0, 2.0, 4.0]))

    wilson = stats.binomtest(5, 100).proportion_ci(method="wilson")
    assert share is not None and (share.low, share.high) == pytest.approx((wilson.low, wilson.high))
    expected = stats.t.interval(0.95, 2, 7 / 3, math.sqrt(7 / 9))
    assert amount is not None and (amount.low, amount.high) == pytest.approx(expected)
    assert two_clustered.interval_of_mean(ClusteredSample.of_units([2.0, 2.0, 2.0, 2.0])) is None
