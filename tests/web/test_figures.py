"""How differences of shares and lengths of time are written."""

from __future__ import annotations

import pytest

from web.templatetags.figures import compact, duration, fixed, in_points, money, pairs, percent, points


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.045, "+4.5"), (-0.0123, "−1.2"), (0.0, "0.0"), (-0.0001, "0.0"), (1, "+100.0"), (None, "–"), ("", "–")],
)
def test_a_difference_is_signed_points_with_a_true_minus(value, text):
    assert points(value) == text


@pytest.mark.parametrize(
    ("number", "text"), [(-0.04, "0.0"), (-0.06, "−0.1"), (0.04, "0.0"), (0.06, "+0.1"), (-1234.5, "−1,234.5")]
)
def test_what_rounds_to_nothing_has_no_sign(number, text):
    assert fixed(number, 1, signed=True) == text


def test_what_costs_next_to_nothing_is_not_written_as_nothing():
    assert [money(each) for each in (0, 7e-6, 4.9e-5, 5.1e-5)] == ["$0.00", "under $0.0001", "under $0.0001", "$0.0001"]


def test_no_filter_writes_a_sign_before_nothing():
    nearly = -1e-9

    assert (money(nearly), percent(nearly), points(nearly), compact(nearly)) == ("$0.0000", "0.0 %", "0.0", "0.0")
    assert (money(-2), percent(-0.02), compact(-2)) == ("−$2.00", "−2.0 %", "−2")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "–"), (0, "0.0 s"), (0.0003, "0.3 ms"), (0.02, "20 ms"), (0.42, "0.4 s"), (9.96, "10 s"), (44.4, "44 s"),
        (59.6, "1 min"), (60, "1 min"), (200, "3 min 20 s"), (7200, "2 h"), (7500, "2 h 5 min"), (47 * 3600, "47 h"),
        (7 * 86_400, "7 d"), (7 * 86_400 + 3 * 3600, "7 d 3 h"),
    ],
)  # fmt: skip
def test_a_duration_is_said_in_two_units_at_most(seconds, said):
    assert duration(seconds) == said


def test_a_mapping_is_read_in_pairs_whatever_its_keys_are_called():
    assert pairs({"items": 1, "keys": 2}) == [("items", 1), ("keys", 2)]
    assert pairs(None) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.02, "2 points"),
        (0.01, "1 point"),
        (0.005, "0.5 points"),
        (-0.012, "−1.2 points"),
        (None, "–"),
        (0.2, "20 points"),
    ],
)
def test_a_difference_of_shares_is_told_in_points(value: float | None, text: str) -> None:
    assert in_points(value) == text
