"""Intervals hold what they promise."""

import random

import pytest

from stats.resampling import paired_bootstrap


def test_the_mean_is_the_mean_and_n_counts_records() -> None:
    estimate = paired_bootstrap.mean({"a": 1.0, "b": 2.0, "c": 6.0})

    assert estimate is not None
    assert (estimate.mean, estimate.n) == (3.0, 3)


def test_nothing_measured_gives_no_estimate_and_two_records_give_no_interval() -> None:
    assert paired_bootstrap.mean({}) is None
    estimate = paired_bootstrap.mean({"a": 1.0, "b": 3.0})
    assert estimate == paired_bootstrap.BootstrapMean(2.0, None, None, 2, 2)


def test_the_same_records_in_another_order_give_the_same_interval() -> None:
    scores = {f"r{i}": float(i % 7) for i in range(40)}
    shuffled = dict(random.Random(3).sample(sorted(scores.items()), 40))

    assert paired_bootstrap.mean(scores, seed=5) == paired_bootstrap.mean(shuffled, seed=5)


def test_a_difference_is_paired_over_the_records_both_have() -> None:
    one = {"a": 3.0, "b": 5.0, "c": 7.0, "only-one": 100.0}
    other = {"a": 1.0, "b": 3.0, "c": 5.0, "only-other": -100.0}

    estimate = paired_bootstrap.difference(one, other)

    assert estimate == paired_bootstrap.BootstrapMean(2.0, 2.0, 2.0, 3, 3)


@pytest.mark.parametrize("truth", [0.2, 0.5])
def test_intervals_cover_the_truth_about_as_often_as_they_say(truth: float) -> None:
    chance = random.Random(11)
    hits = 0
    for trial in range(200):
        scores = {str(i): float(chance.random() < truth) for i in range(60)}
        estimate = paired_bootstrap.mean(scores, draws=300, seed=trial)
        assert estimate is not None
        assert estimate.low is not None
        assert estimate.high is not None
        hits += estimate.low <= truth <= estimate.high

    assert 0.89 <= hits / 200 <= 0.99


def test_records_of_one_company_are_drawn_together() -> None:
    scores = {f"{company}-{record}": float(company % 5) for company in range(12) for record in range(10)}
    companies = {record: record.partition("-")[0] for record in scores}

    apart, together = paired_bootstrap.mean(scores), paired_bootstrap.mean(scores, companies)

    assert apart is not None
    assert together is not None
    assert (together.n, together.companies, together.mean) == (120, 12, apart.mean)
    assert together.high - together.low > 2 * (apart.high - apart.low)


def test_intervals_of_means_cover_the_truth_where_companies_have_several_records() -> None:
    chance = random.Random(5)
    hits = 0
    for trial in range(200):
        scores, companies = {}, {}
        for company in range(40):
            own = chance.gauss(0, 1)
            for record in range(4):
                scores[f"{company}-{record}"] = own + chance.gauss(0, 1)
                companies[f"{company}-{record}"] = str(company)
        estimate = paired_bootstrap.mean(scores, companies, draws=300, seed=trial)
        assert estimate is not None
        hits += estimate.low <= 0 <= estimate.high

    assert 0.89 <= hits / 200 <= 0.99


def test_fewer_than_three_companies_give_no_interval_whatever_their_records() -> None:
    scores = {str(number): float(number) for number in range(20)}

    estimate = paired_bootstrap.mean(scores, {record: "a" if int(record) < 10 else "b" for record in scores})

    assert estimate is not None
    assert (estimate.low, estimate.high, estimate.companies) == (None, None, 2)
