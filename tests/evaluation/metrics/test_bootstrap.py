"""Intervals hold what they promise."""

import random

import pytest

from evaluation.metrics import bootstrap


def test_the_mean_is_the_mean_and_n_counts_records() -> None:
    estimate = bootstrap.mean({"a": 1.0, "b": 2.0, "c": 6.0})

    assert estimate is not None
    assert (estimate.mean, estimate.n) == (3.0, 3)


def test_nothing_measured_gives_no_estimate_and_two_records_give_no_interval() -> None:
    assert bootstrap.mean({}) is None
    estimate = bootstrap.mean({"a": 1.0, "b": 3.0})
    assert estimate == bootstrap.Estimate(2.0, None, None, 2)


def test_the_same_records_in_another_order_give_the_same_interval() -> None:
    scores = {f"r{i}": float(i % 7) for i in range(40)}
    shuffled = dict(random.Random(3).sample(sorted(scores.items()), 40))

    assert bootstrap.mean(scores, seed=5) == bootstrap.mean(shuffled, seed=5)


def test_a_difference_is_paired_over_the_records_both_have() -> None:
    one = {"a": 3.0, "b": 5.0, "c": 7.0, "only-one": 100.0}
    other = {"a": 1.0, "b": 3.0, "c": 5.0, "only-other": -100.0}

    estimate = bootstrap.difference(one, other)

    assert estimate == bootstrap.Estimate(2.0, 2.0, 2.0, 3)


@pytest.mark.parametrize("truth", [0.2, 0.5])
def test_intervals_cover_the_truth_about_as_often_as_they_say(truth: float) -> None:
    chance = random.Random(11)
    hits = 0
    for trial in range(200):
        scores = {str(i): float(chance.random() < truth) for i in range(60)}
        estimate = bootstrap.mean(scores, draws=300, seed=trial)
        assert estimate is not None
        assert estimate.low is not None
        assert estimate.high is not None
        hits += estimate.low <= truth <= estimate.high

    assert 0.89 <= hits / 200 <= 0.99
