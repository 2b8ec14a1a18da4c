"""A line in, an answer or a reason out."""

import pytest

from stats.experiments import sample_ratio
from stats.experiments.sample_ratio import SampleRatioLine, UnreadableLine


def test_a_bad_line_is_told_with_its_number_and_the_others_are_answered() -> None:
    lines = [
        '{"id": "a", "counts": [10, 12]}',
        "",
        "nonsense",
        '{"id": 2, "counts": {"x": 1, "y": 2}}',
        '{"counts": [1, 2]}',
    ]

    first, bad, by_arm, without_id = sample_ratio.checked_lines(lines)

    assert isinstance(first, SampleRatioLine) and first.id == "a"
    assert isinstance(bad, UnreadableLine) and bad.number == 3 and "not JSON" in bad.reason
    assert isinstance(by_arm, SampleRatioLine) and by_arm.id == 2
    assert isinstance(without_id, UnreadableLine) and '"id" and "counts"' in without_id.reason


@pytest.mark.parametrize(
    "line",
    [
        "[1, 2]", '{"id": 1, "counts": "12"}', '{"id": 1, "counts": [1, 2], "weights": {"a": 1}}',
        '{"id": 1, "counts": {"a": 1, "b": 2}, "weights": {"a": 1}}', '{"id": 1, "counts": [1, null]}',
        '{"id": 1, "counts": [1, 2], "weights": [1, 1e999]}', "[" * 100_000,
        '{"id": 1, "counts": [1, 2], "weights": [1e-320, 1e300]}',
        '{"id": 1, "counts": [1, 2], "weights": [1e308, 1e308]}',
        '{"id": 1, "counts": [1, 2], "weights": [5e-324, 1]}', '{"id": NaN, "counts": [1, 2]}',
        '{"id": "\\ud800", "counts": [1, 2]}',
    ],
)  # fmt: skip
def test_hostile_lines_are_bad_lines(line: str) -> None:
    [answer] = sample_ratio.checked_lines([line])

    assert isinstance(answer, UnreadableLine) and answer.number == 1 and answer.reason


def test_weights_by_arm_need_no_order() -> None:
    [answer] = sample_ratio.checked_lines(['{"id": 1, "counts": {"a": 100, "b": 300}, "weights": {"b": 3, "a": 1}}'])

    assert isinstance(answer, SampleRatioLine) and answer.chi2 == 0 and answer.p_value == 1
