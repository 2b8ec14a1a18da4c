"""The sample ratio check: one look, many looks, and lines without sense."""

import random

import pytest
from scipy import stats

from campaigns.statistics import multiplicity, ratio_lines, sample_ratio
from campaigns.statistics.ratio_lines import Answer, BadLine


@pytest.mark.parametrize(("counts", "weights"), [([480, 520], None), ([300, 610, 95], [3, 6, 1]), ([0, 7], None)])
def test_it_is_scipys_chi_square(counts: list[int], weights: list[float] | None) -> None:
    ratio = sample_ratio.check(counts, weights)

    shares = weights or [1] * len(counts)
    theirs = stats.chisquare(counts, [sum(counts) * share / sum(shares) for share in shares])
    assert (ratio.chi2, ratio.p_value) == pytest.approx((theirs.statistic, theirs.pvalue))


def test_the_alarm_rings_below_one_in_a_thousand() -> None:
    assert not sample_ratio.check([5000, 5200]).is_alarm
    assert sample_ratio.check([5000, 5400]).is_alarm


def test_a_broken_draw_is_found_while_watching() -> None:
    broken = sample_ratio.check([10_000, 10_700])

    assert broken.is_alarm_when_watched
    assert broken.always_valid_p > broken.p_value


def test_watched_all_the_time_a_fair_draw_rarely_alarms() -> None:
    chance = random.Random(4)
    alarms = naive = 0
    for _ in range(200):
        counts, rang, naively = [0, 0], False, False
        for _ in range(40):
            heads = sum(chance.random() < 0.5 for _ in range(50))
            counts = [counts[0] + heads, counts[1] + 50 - heads]
            ratio = sample_ratio.check(counts)
            rang |= ratio.always_valid_p < 0.05
            naively |= ratio.p_value < 0.05
        alarms, naive = alarms + rang, naive + naively

    assert alarms / 200 <= 0.05
    assert naive / 200 > 0.15


@pytest.mark.parametrize(
    ("counts", "weights", "text"),
    [
        ([5], None, "at least two arms"), ([], None, "at least two arms"), ([0, 0], None, "Nothing was counted"),
        ([-1, 5], None, "whole numbers"), ([1.5, 5], None, "whole numbers"), ([True, 5], None, "whole numbers"),
        ([5, 5], [1], "2 counts but 1 weights"), ([5, 5], [1, 0], "above 0"), ([5, 5], [1, float("nan")], "above 0"),
        ([5, 5], ["a", "b"], "above 0"),
    ],
)  # fmt: skip
def test_counts_without_sense_are_refused(counts: list[int], weights: list[float] | None, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        sample_ratio.check(counts, weights)


def test_a_bad_line_is_told_with_its_number_and_the_others_are_answered() -> None:
    lines = [
        '{"id": "a", "counts": [10, 12]}',
        "",
        "nonsense",
        '{"id": 2, "counts": {"x": 1, "y": 2}}',
        '{"counts": [1, 2]}',
    ]

    first, bad, by_arm, without_id = ratio_lines.answers(lines)

    assert isinstance(first, Answer) and first.id == "a"
    assert isinstance(bad, BadLine) and bad.number == 3 and "no JSON" in bad.reason
    assert isinstance(by_arm, Answer) and by_arm.id == 2
    assert isinstance(without_id, BadLine) and '"id" and "counts"' in without_id.reason


@pytest.mark.parametrize(
    "line",
    [
        "[1, 2]", '{"id": 1, "counts": "12"}', '{"id": 1, "counts": [1, 2], "weights": {"a": 1}}',
        '{"id": 1, "counts": {"a": 1, "b": 2}, "weights": {"a": 1}}', '{"id": 1, "counts": [1, null]}',
        '{"id": 1, "counts": [1, 2], "weights": [1, 1e999]}', "[" * 100_000,
    ],
)  # fmt: skip
def test_hostile_lines_are_bad_lines(line: str) -> None:
    [answer] = ratio_lines.answers([line])

    assert isinstance(answer, BadLine) and answer.number == 1 and answer.reason


def test_weights_by_arm_need_no_order() -> None:
    [answer] = ratio_lines.answers(['{"id": 1, "counts": {"a": 100, "b": 300}, "weights": {"b": 3, "a": 1}}'])

    assert isinstance(answer, Answer) and answer.chi2 == 0 and answer.p_value == 1


def test_holm_is_never_below_benjamini_hochberg_and_one_p_value_stays() -> None:
    p_values = [0.01, 0.04, 0.03]

    assert multiplicity.holm(p_values) == pytest.approx([0.03, 0.06, 0.06])
    assert multiplicity.benjamini_hochberg(p_values) == pytest.approx([0.03, 0.04, 0.04])
    assert multiplicity.holm([0.04]) == [0.04]
    assert multiplicity.holm([]) == []


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_a_p_value_outside_0_to_1_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        multiplicity.holm([0.5, p])
