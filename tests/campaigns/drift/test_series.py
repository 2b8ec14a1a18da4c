"""Months and rounds as counts of companies: what belongs to a point, and when a point is complete."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from campaigns.drift import series
from campaigns.drift.series import SeriesTerms
from campaigns.models import Campaign, Message
from campaigns.states import CampaignState, DriftSeries, MessageState, Metric
from review.models import Task
from tests.campaigns.drift.drift_rows import NOW, went

pytestmark = pytest.mark.django_db


@pytest.fixture
def terms(task: Task) -> SeriesTerms:
    return SeriesTerms(task, Metric.REPLY, DriftSeries.MONTHS, date(2026, 5, 1), 6, 14, is_simulated=False)


def counts(terms: SeriesTerms, **values: Any) -> list[tuple[str, int, int]]:
    points = series.read(terms, now=values.pop("now", NOW))
    assert series.complete(terms, now=NOW) == len(points) or values
    return [(point.name, point.happened, point.mails) for point in points]


def test_months_are_complete_once_their_last_mail_had_its_days(task: Task, terms: SeriesTerms) -> None:
    for month in (4, 5, 6, 8, 9):
        went(task, month, mails=10, replies=month)

    assert counts(terms) == [("2026-05", 5, 10), ("2026-06", 6, 10), ("2026-07", 0, 0), ("2026-08", 8, 10)]
    before = series.read(terms, now=NOW - timedelta(days=6))
    assert [point.name for point in before] == ["2026-05", "2026-06", "2026-07"]
    assert series.completed_on(terms, 4) == date(2026, 9, 15)


def test_a_reply_after_the_follow_up_does_not_count_for_an_old_month_either(task: Task, terms: SeriesTerms) -> None:
    went(task, 5, mails=10, replies=2, late=3)

    assert counts(terms)[0] == ("2026-05", 2, 10)
    assert counts(replace(terms, horizon_days=30))[0] == ("2026-05", 5, 10)


def test_interest_is_counted_by_what_the_reply_says(task: Task, terms: SeriesTerms) -> None:
    went(task, 5, mails=10, replies=4, interested=3)

    assert counts(replace(terms, metric=Metric.POSITIVE_REPLY))[0] == ("2026-05", 3, 10)


def test_simulated_mails_are_a_series_of_their_own(task: Task, terms: SeriesTerms) -> None:
    went(task, 5, mails=10, replies=4, is_simulated=True)

    assert counts(terms)[0] == ("2026-05", 0, 0)
    assert counts(replace(terms, is_simulated=True))[0] == ("2026-05", 4, 10)


def test_companies_are_told_by_their_counts_and_never_by_name(task: Task, terms: SeriesTerms) -> None:
    """Two campaigns of one month write to the same companies: a company is one cluster of the month."""
    went(task, 5, mails=3, replies=1, slug="one")
    went(task, 5, mails=3, replies=2, slug="two")

    first = series.read(terms, now=NOW)[0]

    # The first company answered both, the second one of them, the third none.
    assert first.kinds == ((0, 2, 1), (1, 2, 1), (2, 2, 1))
    assert (first.mails, first.happened, first.share) == (6, 3, 0.5)
    assert first.low is not None
    assert first.low < 0.5


def test_rounds_are_campaigns_in_order_of_launch_up_to_the_first_that_is_not_complete(
    task: Task, terms: SeriesTerms
) -> None:
    rounds = replace(terms, series=DriftSeries.ROUNDS)
    went(task, 4, mails=5, replies=5, slug="before")
    went(task, 5, mails=5, replies=1, slug="first")
    never = went(task, 6, mails=1, replies=0, slug="never")
    Message.objects.filter(campaign=never).update(state=MessageState.STOPPED, sent_at=None)
    third = went(task, 7, mails=5, replies=2, slug="third")
    went(task, 8, mails=5, replies=3, slug="fourth")
    went(task, 9, mails=5, replies=3, slug="fifth", launched_at=NOW - timedelta(days=15))
    Message.objects.filter(campaign__slug="fifth").update(sent_at=NOW - timedelta(days=13))

    assert counts(rounds) == [("First", 1, 5), ("Third", 2, 5), ("Fourth", 3, 5)]
    assert series.completed_on(rounds, 3) is None
    Campaign.objects.filter(pk=third.pk).update(state=CampaignState.RUNNING)
    assert len(counts(rounds)) == 3
    some = Message.objects.filter(campaign=third).values("pk")[:1]
    Message.objects.filter(pk__in=list(some.values_list("pk", flat=True))).update(
        state=MessageState.APPROVED, sent_at=None
    )
    assert counts(rounds) == [("First", 1, 5)]
    assert counts(replace(rounds, points=1)) == [("First", 1, 5)]


def test_the_hash_is_of_the_counts(task: Task, terms: SeriesTerms) -> None:
    went(task, 5, mails=4, replies=1)
    before = series.data_sha256(series.read(terms, now=NOW))
    again = series.data_sha256(series.read(terms, now=NOW))
    went(task, 6, mails=4, replies=1)

    assert before == again
    assert before != series.data_sha256(series.read(terms, now=NOW))


def test_campaigns_that_sent_nothing_in_the_months_are_not_read(
    task: Task, terms: SeriesTerms, django_assert_max_num_queries: Any
) -> None:
    for month in (1, 2, 3, 4, 5):
        went(task, month, mails=2, replies=1)

    # The campaigns, and three queries of the one that counts.
    with django_assert_max_num_queries(4):
        points = series.read(terms, now=NOW)

    assert points[0].mails == 2
