"""The simulated desk: what it counts, with a judge that knows and one that knows nothing. Every draw is seeded."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import expert_hour
from benchmarks.expert_hour import SimulatedReviewer
from generation.judges.acceptance import act

GOOD = [bool(number % 4) for number in range(4_000)]


def reviewer() -> SimulatedReviewer:
    return SimulatedReviewer(GOOD, np.random.default_rng(11))


def test_it_takes_the_products_shares() -> None:
    assert expert_hour.SHARE == act.SHARE
    assert act.error_of(1) == pytest.approx(expert_hour.ERROR)
    assert expert_hour.RULES["the judge accepts, 2 % and 10 %"] == (act.BOUND, act.AUDIT_SHARE)


def test_plain_reading_takes_a_verdict_for_each_draft_until_enough_are_accepted() -> None:
    desk = reviewer()
    expert_hour.plain(desk, range(4_000), 300)

    assert len(desk.gold) == 300 and 370 < desk.verdicts < 450
    assert 0 < desk.wrong() < 0.03


def test_a_judge_that_knows_accepts_and_keeps_the_bound() -> None:
    desk = reviewer()
    sure = np.where(GOOD, 0.9, 0.1) + np.random.default_rng(1).random(4_000) / 100

    assert expert_hour.with_machine(desk, sure, np.random.default_rng(3).random(4_000), 900, (0.02, 0.1))
    assert len(desk.gold) == 900 and desk.verdicts < 400 and desk.wrong() <= 0.02


def test_a_judge_that_knows_nothing_never_accepts() -> None:
    desk = reviewer()

    sure, lots = np.random.default_rng(2).random((2, 4_000))

    assert not expert_hour.with_machine(desk, sure, lots, 900, (0.02, 0.1))
    assert len(desk.gold) == 900 and desk.verdicts > 900


def test_what_is_likely_good_first_takes_fewer_verdicts_than_what_is_likely_wrong_first() -> None:
    sure = np.where(GOOD, 0.9, 0.1)
    good_first, wrong_first = reviewer(), reviewer()
    expert_hour.in_order(good_first, -sure, 300)
    expert_hour.in_order(wrong_first, sure, 300)

    assert good_first.verdicts < 330 < 1_000 < wrong_first.verdicts


def test_it_says_so_where_the_interval_does_not_decide() -> None:
    assert expert_hour._says(0.30, 0.33, 0.31) == "at most a third"
    assert expert_hour._says(0.30, 0.40, 0.35) == "undecided"
    assert expert_hour._says(0.34, 0.70, 0.52) == "more than a third"
