"""Intervals of shares agree with the textbooks, and hold the truth as often as they say,
for few units and for clusters.
"""

from __future__ import annotations

import os

import numpy as np
import pytest

from stats.intervals import shares

DRAWS = 2_000 if os.environ.get("STRESS") == "1" else 800
# What a share of so many draws may fall short of 93 % by luck, at a fixed seed.
LEAST = 0.93 if DRAWS == 2_000 else 0.92


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_is_that_of_newcombes_table(count, of, low, high):
    found = shares.wilson(count, of)

    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0, 0.1684), (1, 29, 0.0009, 0.1776)],
)
def test_clopper_and_pearsons_interval_is_that_of_newcombes_table(count, of, low, high):
    found = shares.clopper_pearson(count, of)

    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_the_interval_of_pairs_is_that_of_the_airway_example():
    # 21 children before and after a transplant: 1 on both sides, 1 and 7 on one alone, 12 on none (Fagerland 2014).
    found = shares.newcombe_paired(1, 1, 7, 12)

    assert (round(found.low, 3), round(found.high, 3)) == (-0.507, -0.026)


def test_none_of_a_hundred_and_one_and_three_of_three_are_no_certainty():
    assert shares.clustered([0.0] * 101) == shares.wilson(0, 101)
    assert shares.clustered([0.0] * 101).high > 0.03
    assert shares.clustered([1.0] * 3).low < 0.3


def test_swapping_the_sides_turns_the_interval_round():
    one, other = [1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0], [1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0]

    there, back = shares.paired_difference(one, other), shares.paired_difference(other, one)

    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))


@pytest.mark.parametrize("records", [7, 49, 98, 103])
def test_companies_with_the_same_share_weigh_as_one_record_each(records: int) -> None:
    values = [float(record == 0) for _ in range(20) for record in range(records)]
    companies = [company for company in range(20) for _ in range(records)]

    interval, expected = shares.clustered(values, companies), shares.clopper_pearson(20 / records, 20)

    assert (interval.low, interval.high) == (pytest.approx(expected.low), pytest.approx(expected.high))


def test_copies_of_the_same_companies_make_no_interval_narrower():
    once, firms = [1.0] * 8 + [0.0] * 2, list(range(10))

    alone = shares.clustered(once, firms)
    copied = shares.clustered(once * 10, firms * 10)
    all_alike = shares.clustered([1.0] * 100, firms * 10)

    assert copied.high - copied.low >= 0.9 * (alone.high - alone.low)
    assert all_alike == shares.clopper_pearson(10, 10)


@pytest.mark.parametrize("values", [[], [0.5], [2.0]])
def test_what_is_no_share_is_refused(values):
    with pytest.raises(ValueError, match="share"):
        shares.clustered(values)


def covered(draw, truth) -> float:
    chance = np.random.default_rng(7)
    found = [draw(chance) for _ in range(DRAWS)]
    return sum(each.low <= truth <= each.high for each in found) / DRAWS


def clustered(chance, companies, records, share, alike=0.5):
    """Outcomes of several records a company: with chance `alike` a record says what its company does."""
    own = chance.random((companies, 1)) < share
    mine = chance.random((companies, records)) < share
    return np.where(chance.random((companies, records)) < alike, own, mine).astype(float)


@pytest.mark.parametrize(("share", "n"), [(0.97, 101), (0.5, 60), (0.9, 3), (0.97, 20)])
def test_one_share_is_covered_as_often_as_its_interval_says(share, n):
    met = covered(lambda chance: shares.clustered((chance.random(n) < share).astype(float)), share)

    assert met >= LEAST


@pytest.mark.parametrize(("share", "companies", "records"), [(0.97, 40, 5), (0.5, 20, 10), (0.8, 101, 2), (0.5, 8, 4)])
def test_a_share_of_several_records_a_company_is_covered(share, companies, records):
    names = np.repeat(np.arange(companies), records).tolist()

    met = covered(lambda chance: shares.clustered(clustered(chance, companies, records, share).ravel(), names), share)

    assert met >= LEAST


@pytest.mark.parametrize(("one", "other", "companies", "records"), [
    (0.97, 0.9, 101, 1), (0.6, 0.5, 60, 1), (0.97, 0.97, 3, 1), (0.7, 0.5, 30, 5), (0.97, 0.9, 40, 4),
])  # fmt: skip
def test_a_difference_on_the_same_records_is_covered(one, other, companies, records):
    names = np.repeat(np.arange(companies), records).tolist()

    def draw(chance):
        both = chance.random((companies, records)) < 0.5
        luck = clustered(chance, companies, records, 0.5)
        # Half of the units are as hard for both sides, and companies add a hardness of their own.
        hard = np.where(luck > 0, chance.random((companies, records)), chance.random((companies, 1)))
        again = np.where(both, hard, chance.random((companies, records)))
        return shares.paired_difference(
            (hard < one).ravel().astype(float), (again < other).ravel().astype(float), names
        )

    assert covered(draw, one - other) >= LEAST
