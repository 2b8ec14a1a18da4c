"""What agreement says at its edges: nothing to compare, nothing that varies, and how sure it is."""

from __future__ import annotations

import numpy as np
import pytest

from stats.agreement import cohen, fleiss, krippendorff, tallies
from stats.agreement.estimates import estimate, point
from stats.agreement.shares import agreeing_share, difference, share
from stats.agreement.tallies import of_ratings
from tests import pace
from tests.stats.simulated.agreement import coverage


def test_without_a_unit_rated_twice_there_is_no_figure() -> None:
    tally = tallies.of_ratings([["a"], ["b"], []], ["a", "b"])

    found = estimate(tally, krippendorff.alpha())

    assert (found.value, found.low, found.units) == (None, None, 0)


def test_where_everybody_always_says_the_same_chance_cannot_be_told_apart() -> None:
    tally = tallies.of_ratings([["a", "a"]] * 30, ["a", "b"])

    assert estimate(tally, krippendorff.alpha()).value is None
    assert estimate(tally, fleiss.fleiss()).value is None
    assert estimate(tally, fleiss.percent()).value == 1


@pytest.mark.parametrize("units", [10, 1_000, 100_000])
def test_equal_numbers_have_no_alpha_however_many_they_are(units: int) -> None:
    alike = tallies.of_patterns({(1, 1): units, (1, 1, 1): units // 3}, [0.0, 0.1, 0.2])
    but_one = tallies.of_patterns({(1, 1): units, (1, 1, 1): units // 3, (2, 2): 1}, [0.0, 0.1, 0.2])

    assert point(alike, krippendorff.interval_alpha()) is None
    # Without that one unit there is no figure, so there is no range.
    assert estimate(but_one, krippendorff.interval_alpha()).value == pytest.approx(1)
    assert estimate(but_one, krippendorff.interval_alpha()).low is None


def test_full_agreement_on_things_that_vary_is_one() -> None:
    tally = tallies.of_ratings([["a", "a"], ["b", "b", "b"]] * 10, ["a", "b"])

    found = estimate(tally, krippendorff.alpha())

    assert (found.value, found.low, found.high, found.units, found.ratings) == (1, None, None, 20, 50)


def test_a_unit_rated_once_changes_nothing() -> None:
    rated = [["a", "b"], ["a", "a"], ["b", "b"]]

    alone = point(tallies.of_ratings([*rated, ["b"], ["a"]], ["a", "b"]), krippendorff.alpha())

    assert alone == point(tallies.of_ratings(rated, ["a", "b"]), krippendorff.alpha())


def test_sums_and_squares_give_the_same_as_all_pairs_of_numbers() -> None:
    generator = np.random.default_rng(7)
    grid = [step / 20 for step in range(21)]
    units = [[grid[place] for place in generator.integers(0, 21, generator.integers(1, 5))] for _ in range(200)]

    found = point(tallies.of_ratings(units, grid), krippendorff.interval_alpha())

    paired = [unit for unit in units if len(unit) > 1]
    pooled = [value for unit in paired for value in unit]
    within = sum((a - b) ** 2 / (len(unit) - 1) for unit in paired for a in unit for b in unit) / len(pooled)
    across = sum((a - b) ** 2 for a in pooled for b in pooled) / (len(pooled) * (len(pooled) - 1))
    assert found == pytest.approx(1 - within / across)


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    ("labels", "drafts", "raters", "alpha", "lowest"),
    [
        # Percentiles of draws cover 36 % of the first case: the rare label seldom meets itself, so nothing seems to
        # vary.
        ("2 labels, .9", 10, 2, 0.2, 0.96),
        ("2 labels", 10, 2, 0.5, 0.95),
        ("5 labels", 10, 2, 0.2, 0.90),
        ("5 labels", 20, 3, 0.95, 0.95),
        ("2 labels, .8", 50, 3, 0.8, 0.93),
        ("5 labels, .6", 200, 2, 0.5, 0.93),
    ],
)
def test_intervals_cover_the_truth_about_as_often_as_they_say(
    labels: str, drafts: int, raters: int, alpha: float, lowest: float
) -> None:
    found = coverage(labels, drafts=drafts, raters=raters, alpha=alpha, times=150)

    for shown, held in found.values():
        assert shown > 40
        assert held / shown >= lowest


def test_a_label_met_in_one_draft_alone_gives_no_range() -> None:
    tally = tallies.of_ratings([["a", "a"]] * 11 + [["a", "b"]], ["a", "b"])

    found = estimate(tally, krippendorff.alpha())

    # Without that draft there is nothing to agree on.
    assert (found.value, found.low, found.high) == (pytest.approx(0), None, None)


def test_a_range_is_widest_where_the_rare_label_seldom_comes() -> None:
    rare = [["a", "a"]] * 18 + [["a", "b"], ["b", "b"]]
    even = [["a", "a"]] * 9 + [["b", "b"]] * 10 + [["a", "b"]]

    few, many = (estimate(tallies.of_ratings(units, ["a", "b"]), krippendorff.alpha()) for units in (rare, even))

    assert few.high - few.low > 2 * (many.high - many.low)
    assert few.high <= 1


def test_the_same_ratings_give_the_same_interval() -> None:
    tally = tallies.of_ratings([["a", "b"], ["a", "a"], ["b", "b"], ["b", "a"]] * 5, ["a", "b"])

    assert estimate(tally, fleiss.fleiss()) == estimate(tally, fleiss.fleiss())


def test_cohens_interval_is_near_its_large_sample_interval() -> None:
    table = np.array([[13, 0, 0], [0, 20, 7], [0, 4, 56]], float)

    drawn = estimate(cohen.as_tally(table), cohen.kappa(3))

    assert drawn.value == pytest.approx(cohen.cohen(table).value)
    assert drawn.low == pytest.approx(cohen.cohen(table).low, abs=0.04)
    assert drawn.high == pytest.approx(cohen.cohen(table).high, abs=0.04)
    assert drawn.units == 100


def test_the_published_figures_of_alpha_are_met_at_each_level() -> None:
    """Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section E: four observers,
    twelve units, gaps.
    """
    observers = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]
    units = [[int(rating) for rating in unit if rating != "."] for unit in zip(*observers, strict=True)]
    tally = tallies.of_ratings(units, [1, 2, 3, 4, 5])

    statistics = (krippendorff.alpha(), krippendorff.alpha("ordinal"), krippendorff.interval_alpha())
    alphas = [point(tally, statistic) for statistic in statistics]

    assert alphas == [pytest.approx(value, abs=5e-4) for value in (0.743, 0.815, 0.849)]


@pytest.mark.slow
def test_a_hundred_thousand_units_take_no_second() -> None:
    generator = np.random.default_rng(3)
    ratings = generator.integers(0, 3, (100_000, 3)).tolist()

    with pace.within(3):
        found = estimate(tallies.of_ratings(ratings, [0, 1, 2]), krippendorff.alpha("ordinal"))

    assert found.units == 100_000
    assert abs(found.value) < 0.02


def test_wilsons_interval_is_that_of_the_books() -> None:
    # Newcombe (1998), Statistics in Medicine 17(8), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    for count, of, low, high in [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611),
                                 (1, 29, 0.0061, 0.1718)]:  # fmt: skip
        found = share(count, of)
        assert (found.low, found.high) == (pytest.approx(low, abs=6e-5), pytest.approx(high, abs=6e-5))
    assert share(0, 0).value is None


def test_a_difference_is_clear_when_its_interval_leaves_out_zero() -> None:
    # Newcombe (1998), Statistics in Medicine 17(8) 873-890, example a: 56 of 70 against 48 of 80.
    found = difference(share(48, 80), share(56, 70))

    assert (found.value, found.low, found.high) == (
        pytest.approx(0.2), pytest.approx(0.0524, abs=6e-5), pytest.approx(0.3339, abs=6e-5),
    )  # fmt: skip
    assert found.is_clear
    assert difference(share(0, 0), share(1, 2)) is None


@pytest.mark.parametrize(("units", "low"), [(3, 0.2924), (101, 0.9634)])
def test_full_agreement_on_few_drafts_is_no_certainty(units, low):
    found = agreeing_share(of_ratings([("yes", "yes")] * units, ("no", "yes")))

    assert (found.value, found.high, found.units) == (1.0, 1.0, units)
    assert found.low == pytest.approx(low, abs=1e-4)


def test_no_agreement_at_all_is_no_certainty_either():
    found = agreeing_share(of_ratings([("yes", "no")] * 101, ("no", "yes")))

    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(0.0366, abs=1e-4)


def test_a_kappa_that_no_draft_moves_has_no_range():
    found = estimate(of_ratings([("yes", "yes"), ("no", "no")] * 4, ("no", "yes")), fleiss.fleiss())

    assert found.value == 1.0
    assert (found.low, found.high) == (None, None)


def test_drafts_rated_by_three_have_the_share_of_pairs_and_a_wide_interval():
    tally = of_ratings([("yes", "yes", "no")] * 40, ("no", "yes"))

    found = agreeing_share(tally)

    assert found.value == pytest.approx(1 / 3)
    assert found.low < 1 / 3 < found.high


def test_the_large_sample_interval_of_kappa_ends_at_one() -> None:
    found = cohen.cohen(np.array([[28.0, 0.0], [1.0, 6.0]]))

    assert 2 * found.value - found.low > 1 and found.high == 1.0
