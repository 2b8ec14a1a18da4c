"""Whether the next run fits into what is left; by hand-made figures."""

from __future__ import annotations

from training.sweeps import budget as budgets
from training.sweeps.budget import CellSpending, account_of_cells, is_spent, shortfall
from training.sweeps.grid import SweepBudget


def ended(expected_s: float, taken_s: float, usd: float | None = None) -> CellSpending:
    return CellSpending(expected_s, taken_s, usd, has_ended=True, ended_well=True)


def going(expected_s: float | None, taken_s: float, usd: float | None = None) -> CellSpending:
    return CellSpending(expected_s, taken_s, usd, has_ended=False)


def test_a_running_run_commits_what_it_is_expected_to_take_still():
    now = account_of_cells([going(100, 30)])

    assert (now.spent_s, now.committed_s) == (30, 70)


def test_a_run_that_overran_commits_nothing_more():
    assert account_of_cells([going(10, 500)]).committed_s == 0


def test_estimates_are_corrected_by_what_ended_runs_took():
    now = account_of_cells([ended(100, 200), ended(100, 300), ended(100, 1000)])

    assert now.scale == 3
    assert budgets.expected(50, now.scale) == 150


def test_a_failed_run_is_paid_for_and_corrects_no_estimate():
    now = account_of_cells([CellSpending(100, 5, None, has_ended=True)])

    assert (now.spent_s, now.scale) == (5, 1)


def test_the_next_run_fits_to_the_second_and_not_beyond():
    now = account_of_cells([ended(100, 100)])
    budget = SweepBudget(hours=200 / 3600)

    assert not shortfall(budget, now, next_s=100, usd_per_hour=None)
    assert "would take about 1 min 41 s, and 1 min 40 s of the hours are left" in shortfall(
        budget, now, next_s=101, usd_per_hour=None
    )


def test_what_runs_commit_is_not_promised_twice():
    now = account_of_cells([going(100, 0)])

    assert shortfall(SweepBudget(hours=150 / 3600), now, next_s=100, usd_per_hour=None)


def test_dollars_are_counted_by_the_price_of_the_host():
    now = account_of_cells([ended(3600, 3600, usd=2.0)])

    assert not shortfall(SweepBudget(usd=4.0), now, next_s=3600, usd_per_hour=2.0)
    assert "$1.9000 of the budget is left" in shortfall(SweepBudget(usd=3.9), now, next_s=3600, usd_per_hour=2.0)


def test_a_budget_in_dollars_stands_still_where_a_price_is_missing():
    unpriced = account_of_cells([ended(10, 10, usd=None)])

    assert "not known" in shortfall(SweepBudget(usd=100), unpriced, next_s=1, usd_per_hour=2.0)
    assert "not known" in shortfall(SweepBudget(usd=100), account_of_cells([]), next_s=1, usd_per_hour=None)


def test_a_run_of_unknown_length_begins_only_while_something_is_left():
    budget = SweepBudget(hours=100 / 3600)

    assert not shortfall(budget, account_of_cells([ended(50, 99)]), next_s=None, usd_per_hour=None)
    assert shortfall(budget, account_of_cells([ended(50, 100)]), next_s=None, usd_per_hour=None)


def test_the_tighter_of_two_budgets_decides():
    now = account_of_cells([])

    assert shortfall(SweepBudget(hours=10, usd=0.001), now, next_s=3600, usd_per_hour=1.0)
    assert shortfall(SweepBudget(hours=0.01, usd=1000), now, next_s=3600, usd_per_hour=1.0)
    assert not shortfall(SweepBudget(hours=10, usd=1000), now, next_s=3600, usd_per_hour=1.0)


def test_a_spent_budget_is_spent_in_hours_or_in_dollars():
    now = account_of_cells([going(10, 3600, usd=5.0)])

    assert is_spent(SweepBudget(hours=1), now)
    assert is_spent(SweepBudget(hours=2, usd=5), now)
    assert not is_spent(SweepBudget(hours=2, usd=6), now)
