"""Errors from clusters: against statsmodels' own sandwich, a brute-force CR2, and what must not matter."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import linalg, stats

from stats.intervals import two_clustered
from stats.intervals.samples import ClusteredSample
from tests.campaigns.statistics.arms import of_clusters


def rows(seed: int, n_clusters: int) -> tuple[np.ndarray, np.ndarray]:
    """Values of units and the cluster of each."""
    chance = np.random.default_rng(seed)
    sizes = chance.integers(1, 9, n_clusters)
    index = np.repeat(np.arange(n_clusters), sizes)
    return chance.normal(1, 1, len(index)) + chance.normal(0, 1, n_clusters)[index], index


def brute_force_cr2(values: np.ndarray, index: np.ndarray) -> tuple[float, float]:
    """Variance and Bell-McCaffrey degrees of freedom of a mean from the matrices of the definition."""
    n = len(values)
    hat = np.full((n, n), 1 / n)
    leftover = np.eye(n) - hat
    weights = []
    for g in np.unique(index):
        own = np.flatnonzero(index == g)
        block = np.eye(len(own)) - hat[np.ix_(own, own)]
        adjusted = np.real(linalg.fractional_matrix_power(block, -0.5))
        weights.append(np.ones(len(own)) @ adjusted @ leftover[own] / n)
    matrix = np.array(weights)
    eigenvalues = np.linalg.eigvalsh(matrix @ matrix.T)
    return float(((matrix @ values) ** 2).sum()), float(eigenvalues.sum() ** 2 / (eigenvalues**2).sum())


def test_variance_and_degrees_of_freedom_are_those_of_the_definition() -> None:
    values, index = rows(seed=3, n_clusters=12)

    mean = two_clustered.mean(ClusteredSample.of_numbered_rows(values, index))

    variance, df = brute_force_cr2(values, index)
    assert mean.variance == pytest.approx(variance, rel=1e-9)
    assert mean.df == pytest.approx(df, rel=1e-9)


def test_with_many_clusters_it_nears_the_sandwich_of_statsmodels() -> None:
    one, other = rows(seed=1, n_clusters=800), rows(seed=2, n_clusters=800)
    values = np.concatenate([one[0], other[0]])
    treated = np.repeat([0.0, 1.0], [len(one[0]), len(other[0])])
    groups = np.concatenate([one[1], other[1] + 800])

    effect = two_clustered.difference(ClusteredSample.of_numbered_rows(*one), ClusteredSample.of_numbered_rows(*other))

    fit = sm.OLS(values, sm.add_constant(treated)).fit(cov_type="cluster", cov_kwds={"groups": groups})
    assert effect.estimate == pytest.approx(fit.params[1])
    assert effect.se == pytest.approx(fit.bse[1], rel=0.002)


def test_clusters_of_one_unit_are_welchs_test() -> None:
    chance = np.random.default_rng(4)
    one, other = chance.normal(0, 1, 40), chance.normal(0.4, 2, 25)

    effect = two_clustered.difference(ClusteredSample.of_units(one), ClusteredSample.of_units(other))

    theirs = stats.ttest_ind(other, one, equal_var=False)
    assert (effect.p_value, effect.df) == pytest.approx((theirs.pvalue, theirs.df))
    assert effect.method.name == "Welch's t"


def test_another_currency_scales_the_difference_and_leaves_the_uplift() -> None:
    chance = np.random.default_rng(5)
    amounts = chance.lognormal(0, 1, 80), chance.lognormal(0.2, 1.2, 130)
    dollars, cents = ([ClusteredSample.of_units(each * rate) for each in amounts] for rate in (1, 100))

    gaps, uplifts = zip(
        *((two_clustered.difference(*arms), two_clustered.relative_uplift(*arms)) for arms in (dollars, cents)),
        strict=True,
    )

    assert gaps[1].estimate == pytest.approx(100 * gaps[0].estimate)
    assert gaps[1].p_value == pytest.approx(gaps[0].p_value)
    assert uplifts[1].interval.low == pytest.approx(uplifts[0].interval.low)


def test_clusters_of_one_size_have_one_degree_less_than_clusters() -> None:
    arm = of_clusters([4] * 15, list(range(15)), is_binary=False)

    assert two_clustered.mean(arm).df == pytest.approx(14)


def test_repeating_every_mail_of_a_company_adds_nothing() -> None:
    once = ClusteredSample.of_units(np.array([0, 1, 0, 0, 1, 0, 1, 0, 0, 0] * 5))
    thrice = ClusteredSample(once.sizes * 3, once.totals * 3, is_binary=True)

    assert two_clustered.mean(thrice).variance == pytest.approx(two_clustered.mean(once).variance)


def test_swapping_the_arms_mirrors_the_interval() -> None:
    one = ClusteredSample.of_numbered_rows(*rows(seed=1, n_clusters=40))
    other = ClusteredSample.of_numbered_rows(*rows(seed=2, n_clusters=50))

    there, back = two_clustered.difference(one, other), two_clustered.difference(other, one)

    assert (there.interval.low, there.p_value) == pytest.approx((-back.interval.high, back.p_value))


def test_few_clusters_and_a_giant_one_are_told() -> None:
    many = of_clusters([2] * 60, [1] * 59 + [0], is_binary=True)
    few = of_clusters([2] * 12, [1] * 11 + [0], is_binary=True)
    giant = of_clusters([2] * 59 + [600], [1] * 59 + [90], is_binary=True)

    assert two_clustered.warnings(many, many) == ()
    assert "Only 12 clusters" in two_clustered.warnings(many, few)[0]
    assert "few large clusters" in two_clustered.warnings(many, giant)[0]


def test_arms_of_very_different_size_with_a_skewed_outcome_are_told() -> None:
    chance = np.random.default_rng(1)
    small, large = (ClusteredSample.of_units(chance.lognormal(0, 2, n)) for n in (100, 1000))
    even = ClusteredSample.of_units(chance.normal(0, 1, 100)), ClusteredSample.of_units(chance.normal(0, 1, 1000))

    assert "skewed" in two_clustered.warnings(small, large)[0]
    assert two_clustered.warnings(small, small) == ()
    assert two_clustered.warnings(*even) == ()


def test_what_has_no_answer_is_refused_in_words() -> None:
    one = of_clusters([20], [3], is_binary=True)
    silent = of_clusters([20, 10, 5], [0, 0, 0], is_binary=True)
    usual = of_clusters([20, 10, 5], [2, 0, 1], is_binary=True)

    with pytest.raises(ValueError, match="One cluster does not show"):
        two_clustered.difference(one, usual)
    with pytest.raises(ValueError, match="no variation"):
        two_clustered.difference(silent, silent)
    with pytest.raises(ValueError, match="control of 0"):
        two_clustered.relative_uplift(silent, usual)


@pytest.mark.parametrize("amount", [0.0, 0.1, 0.3, 0.7])
@pytest.mark.parametrize("units", [(10, 7), (30, 40), (100, 77)])
def test_equal_amounts_have_no_variation_whatever_rounding_leaves(amount: float, units: tuple[int, int]) -> None:
    arms = [ClusteredSample.of_units([amount] * n) for n in units]
    companies = [ClusteredSample.of_rows([amount] * n, [row % 5 for row in range(n)]) for n in units]

    for control, treatment in (arms, companies):
        with pytest.raises(ValueError, match="no variation"):
            two_clustered.difference(control, treatment)


@pytest.mark.parametrize(
    ("sizes", "totals", "text"),
    [
        ([], [], "without a unit"), ([1, 2], [1], "same length"), ([0, 2], [0, 1], "at least one unit"),
        ([2, 2], [3, 1], "more than it has units"), ([2, 2], [float("nan"), 1], "finite"),
    ],
)  # fmt: skip
def test_outcomes_without_sense_are_refused(sizes: list[int], totals: list[float], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        of_clusters(sizes, totals, is_binary=True)
