"""A line in, an answer or a reason out."""

import pytest

from campaigns.statistics import ratio_lines
from campaigns.statistics.ratio_lines import Answer, BadLine


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
