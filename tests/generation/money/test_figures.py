"""Each formula of money, by hand."""

from decimal import Decimal

import pytest

from generation.money.daily_sums import CallSums
from generation.money.estimate import OrderEstimate, scaled, sum_of
from generation.money.figures import CENT, hosts_for, millionths, per_thousand, rounded_up, time_usd


@pytest.mark.parametrize(
    ("usd", "booked"),
    [(None, "0"), (0.1 + 0.2, "0.3"), (Decimal("0.0000014"), "0.000001"), (1e-9, "0"), (12, "12")],
)
def test_books_hold_whole_millionths(usd: Decimal | float | None, booked: str) -> None:
    assert millionths(usd) == Decimal(booked)


def test_a_budget_is_rounded_up_to_the_cent_and_never_below_what_it_covers() -> None:
    assert rounded_up(0.1001, CENT) == Decimal("0.11")
    assert rounded_up(0.11, CENT) == Decimal("0.11")


def test_half_an_hour_costs_half_an_hour_s_price() -> None:
    assert time_usd(1800, Decimal(3)) == Decimal("1.5")


def test_a_thousand_units_cost_a_thousand_times_one_and_nothing_is_told_of_none() -> None:
    assert per_thousand(Decimal(3), 4) == 750
    assert per_thousand(0.002) == 2
    assert per_thousand(Decimal(3), 0) is None


def test_a_host_writes_for_730_hours_a_month_and_one_is_the_least() -> None:
    assert [hosts_for(volume, 100) for volume in (0, 73_000, 73_001)] == [1, 1, 2]


def test_sums_of_calls_add_up_field_by_field() -> None:
    assert CallSums(2, 1, 30, 5, Decimal("0.1")) + CallSums(1, 1, 3, 2, Decimal("0.2")) == CallSums(
        3, 2, 33, 7, Decimal("0.3")
    )


def test_estimates_add_up_and_the_slowest_and_the_dearest_call_count_once() -> None:
    one = OrderEstimate(2, 20, 10, 0.1, 0.05, 0.2, 0.09, 6.0, "measured")
    other = OrderEstimate(1, 5, 5, 0.2, 0.1, 0.4, 0.3, 12.0, "guessed")

    whole = sum_of([one, other])

    assert (whole.calls, whole.input_tokens, whole.cost_usd) == (3, 25, 0.3)
    assert (whole.worst_call_usd, whole.time_s, whole.basis) == (0.3, 12.0, "measured; guessed")
    assert (whole.worst_usd, whole.suggested_budget_usd) == (Decimal("0.3"), Decimal("0.9"))
    assert scaled(one, calls=5) == OrderEstimate(5, 50, 25, 0.25, 0.125, 0.5, 0.09, 6.0, "measured")
