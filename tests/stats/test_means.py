"""Intervals of means hold what they promise."""

import random
from collections.abc import Callable

import pytest

from stats.intervals import means


def test_the_mean_is_the_mean_and_n_counts_records() -> None:
    estimate = means.mean({"a": 1.0, "b": 2.0, "c": 6.0})

    assert estimate is not None
    assert (estimate.mean, estimate.n) == (3.0, 3)


def test_nothing_measured_gives_no_estimate_and_two_records_give_no_interval() -> None:
    assert means.mean({}) is None
    estimate = means.mean({"a": 1.0, "b": 3.0})
    assert estimate == means.MeanInterval(2.0, None, None, 2, 2)


def test_the_same_records_in_another_order_give_the_same_interval() -> None:
    scores = {f"r{i}": float(i % 7) for i in range(40)}
    shuffled = dict(random.Random(3).sample(sorted(scores.items()), 40))

    assert means.mean(scores, seed=5) == means.mean(shuffled, seed=5)


def test_a_difference_is_paired_over_the_records_both_have() -> None:
    one = {"a": 3.0, "b": 5.0, "c": 7.0, "only-one": 100.0}
    other = {"a": 1.0, "b": 3.0, "c": 5.0, "only-other": -100.0}

    estimate = means.difference(one, other)

    # All differ by 2: that says nothing of how far another record might.
    assert estimate == means.MeanInterval(2.0, None, None, 3, 3)


def test_few_records_have_the_interval_of_the_textbook() -> None:
    estimate = means.mean({str(at): score for at, score in enumerate([4.0, 8.0, 6.0, 5.0, 3.0, 7.0])})

    assert estimate is not None
    # 5.5 ± t(0.975; 5) · s / √6, with s² = 3.5 and t = 2.570582.
    assert (estimate.low, estimate.high) == (pytest.approx(3.536686, abs=1e-6), pytest.approx(7.463314, abs=1e-6))


def test_a_higher_level_has_its_own_quantiles() -> None:
    few = {str(at): score for at, score in enumerate([4.0, 8.0, 6.0, 5.0, 3.0, 7.0])}
    skewed = {str(at): random.Random(at).lognormvariate(0, 1) for at in range(60)}

    at_99 = means.mean(few, level=0.99)
    usual, wider, widest = (means.mean(skewed, level=level) for level in (0.95, 0.99, 0.9975))

    assert at_99 and usual and wider and widest
    # t(0.995; 5) = 4.032143 instead of 2.570582.
    assert at_99.high - at_99.mean == pytest.approx(1.963314 * 4.032143 / 2.570582, abs=1e-5)
    assert widest.low < wider.low < usual.low < usual.high < wider.high < widest.high
    # The long side grows by more than Student's quantiles do: 2.661759 for 2.000995 at 59 degrees of freedom.
    assert (wider.high - wider.mean) / (usual.high - usual.mean) > 2.661759 / 2.000995


def test_a_difference_has_the_level_of_its_mean() -> None:
    one = {str(at): float(at % 7) for at in range(30)}

    assert means.difference(one, dict.fromkeys(one, 0.0), level=0.99) == means.mean(one, level=0.99)


def test_the_interval_of_a_skewed_score_reaches_further_to_its_long_side() -> None:
    chance = random.Random(7)
    estimate = means.mean({str(at): chance.lognormvariate(0, 1) for at in range(60)})

    assert estimate is not None
    assert estimate.high - estimate.mean > 1.2 * (estimate.mean - estimate.low)


@pytest.mark.parametrize("usual", [0.0, 0.1, 0.7])
def test_draws_of_equal_scores_have_no_spread_whatever_rounding_leaves(usual: float) -> None:
    scores = {f"{record:03}": usual + (record == 0) for record in range(101)}

    estimate, moved = means.mean(scores), means.mean({record: score - usual for record, score in scores.items()})

    assert estimate is not None
    assert moved is not None
    assert moved.high is not None
    assert (estimate.low, estimate.high) == (pytest.approx(moved.low + usual), pytest.approx(moved.high + usual))


@pytest.mark.parametrize(("records", "truth", "draw"), [
    # Percentiles of draws cover 84 % of the first and 90 % of the second.
    (5, 0.0, lambda chance: chance.gauss(0, 1)), (40, 1.0, lambda chance: chance.expovariate(1)),
    (101, 1.6487, lambda chance: chance.lognormvariate(0, 1)),
], ids=("few", "skewed", "very skewed"))  # fmt: skip
def test_intervals_cover_the_truth_about_as_often_as_they_say(
    records: int, truth: float, draw: Callable[[random.Random], float]
) -> None:
    chance = random.Random(11)
    hits = 0
    for trial in range(300):
        estimate = means.mean({str(i): draw(chance) for i in range(records)}, draws=400, seed=trial)
        assert estimate is not None
        hits += estimate.low <= truth <= estimate.high

    assert 0.92 <= hits / 300 <= 0.98


def test_records_of_one_company_are_drawn_together() -> None:
    scores = {f"{company}-{record}": float(company % 5) for company in range(12) for record in range(10)}
    companies = {record: record.partition("-")[0] for record in scores}

    apart, together = means.mean(scores), means.mean(scores, companies)

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
        estimate = means.mean(scores, companies, draws=300, seed=trial)
        assert estimate is not None
        hits += estimate.low <= 0 <= estimate.high

    assert 0.89 <= hits / 200 <= 0.99


def test_fewer_than_three_companies_give_no_interval_whatever_their_records() -> None:
    scores = {str(number): float(number) for number in range(20)}

    estimate = means.mean(scores, {record: "a" if int(record) < 10 else "b" for record in scores})

    assert estimate is not None
    assert (estimate.low, estimate.high, estimate.companies) == (None, None, 2)
