"""Looking daily is safe: the sequence as the page draws it, over companies that become ripe day by day."""

from __future__ import annotations

import numpy as np
import pytest

from campaigns.experiments import daily_course
from campaigns.experiments.assignments import Assignments

DAY = daily_course.DAY_S
LEVEL = 0.95


def made(
    rng: np.random.Generator, *, contacts: int, days: int, shares: tuple[float, float] = (0.1, 0.1)
) -> Assignments:
    """Two arms, companies of one to three contacts who answer alike to a degree, mailed evenly over the days."""
    cluster = np.repeat(np.arange(contacts), rng.integers(1, 4, contacts))[:contacts]
    arm = rng.integers(0, 2, contacts)[cluster]
    liking = rng.beta(1.9, 17.1, contacts)[cluster]
    chance = liking * np.array(shares)[arm] / 0.1
    return Assignments(
        arms=("Teacher", "Variant"), segments=("",), arm=arm.astype(np.int64), cluster=cluster.astype(np.int64),
        segment=np.zeros(contacts, dtype=np.int64), ripe_at=(rng.integers(0, days,
            contacts)[cluster] * DAY).astype(float),
        outcome=(rng.random(contacts) < chance).astype(np.float64),
    )  # fmt: skip


def looks(units: Assignments, until: float = 1e9) -> list[daily_course.DailyLook]:
    clusters = units.clusters()
    return daily_course.daily_looks(
        clusters, arm="Variant", control="Teacher", until_s=until, level=LEVEL, tuned_for=len(clusters.sizes)
    )


@pytest.mark.slow
def test_two_equal_arms_looked_at_daily_raise_an_alarm_in_a_twentieth_at_most():
    rng = np.random.default_rng(2026)

    courses = [looks(made(rng, contacts=600, days=20)) for _ in range(150)]

    alarms = sum(any(day.is_alarm for day in days) for days in courses)
    naive = sum(any(day.is_naive_alarm for day in days) for days in courses)
    assert min(len(days) for days in courses) >= 18
    assert alarms <= 0.05 * 150
    assert naive > 0.12 * 150


def test_a_difference_that_is_there_is_seen_before_the_end():
    days = looks(made(np.random.default_rng(7), contacts=4_000, days=20, shares=(0.2, 0.08)))

    assert days[-1].is_alarm
    assert days[-1].high < 0
    assert next(day.number for day in days if day.is_alarm) < 20


@pytest.mark.parametrize("end", [4.1, 4.5, 4.9])
def test_days_are_numbered_from_the_first_and_hold_only_who_was_ripe(end):
    units = made(np.random.default_rng(3), contacts=400, days=10)

    days = looks(units, until=end * DAY)

    assert [day.number for day in days] == [1, 2, 3, 4, 5]
    assert days[-1].contacts == int((units.clusters().ripe(end * DAY).sizes).sum())
    assert [day.at for day in days][:2] == ["1970-01-01", "1970-01-02"]


def test_many_days_are_thinned():
    days = looks(made(np.random.default_rng(4), contacts=3_000, days=300))

    assert len(days) <= daily_course.MAX_DAYS
    assert days[-1].number == 300


def test_a_handful_of_companies_is_not_drawn():
    assert looks(made(np.random.default_rng(5), contacts=12, days=2)) == []
