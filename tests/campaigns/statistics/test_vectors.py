"""Every published value of the statistics here, to its stated digits.

The values are `ab_vectors.json`'s; each names its source there (growthbook's tests, statsmodels' tests, R, Stata).
"""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stats.experiments import sample_ratio
from stats.intervals import always_valid, multiplicity, two_clustered, two_shares
from stats.intervals.effects import Interval
from stats.intervals.samples import ClusteredSample, ShareSample
from stats.intervals.two_shares import DifferenceBy

pytestmark = pytest.mark.outside_data

IDS = {
    "gb_two_sided_mean_abs", "gb_two_sided_mean_rel", "gb_two_sided_binom_rel", "gb_sequential_prop",
    "fagerland_7_34_1_34", "propcis_7_34_1_34", "holm_multtest", "srm_hillstrom",
}  # fmt: skip
# Of statistics that the product does not have.
OTHERS = {
    "gb_bayes_binom", "gb_bayes_gauss", "gb_bayes_gauss_informative", "power_R_1", "power_R_2", "power_stata",
}  # fmt: skip


@pytest.fixture
def vectors(outside_data: Path) -> dict[str, dict[str, Any]]:
    text = (outside_data / "ab" / "ab_vectors.json").read_text()
    # Decimals keep the digits as they were written, so that a value can be held to exactly those.
    return {vector["id"]: vector for vector in json.loads(text, parse_float=Decimal)["vectors"]}


def arm(given: dict[str, Any]) -> ClusteredSample:
    """Units with the mean and the variance of one unit that the vector states; of a share p (1 - p), as its source."""
    n, mean = int(given["n"]), float(given["sum"]) / int(given["n"])
    variance = mean * (1 - mean)
    if "sum_squares" in given:
        variance = (float(given["sum_squares"]) - n * mean**2) / (n - 1)
    values = np.full(n, mean - (variance / n) ** 0.5)
    values[0] = mean + (n - 1) * (variance / n) ** 0.5
    return ClusteredSample.of_units(values)


def to_stated_digits(value: float, stated: Decimal | int) -> Decimal:
    exponent = Decimal(stated).as_tuple().exponent
    assert isinstance(exponent, int)
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(exponent))


def assert_stated(value: float, stated: Decimal | int) -> None:
    assert to_stated_digits(value, stated) == Decimal(stated)


def assert_interval(interval: Interval, stated: list[Decimal]) -> None:
    assert_stated(interval.low, stated[0])
    assert_stated(interval.high, stated[1])


def test_every_vector_of_a_statistic_here_is_checked(vectors: dict[str, dict[str, Any]]) -> None:
    assert set(vectors) == IDS | OTHERS


def test_welch_difference(vectors: dict[str, dict[str, Any]]) -> None:
    vector = vectors["gb_two_sided_mean_abs"]

    effect = two_clustered.difference(arm(vector["a"]), arm(vector["b"]))

    expected = vector["expected"]
    assert_stated(effect.estimate, expected["diff"])
    assert_stated(effect.se or 0, expected["se"])
    assert_stated(effect.p_value or 0, expected["p"])
    assert_interval(effect.interval, expected["ci95"])


@pytest.mark.parametrize("name", ["gb_two_sided_mean_rel", "gb_two_sided_binom_rel"])
def test_relative_uplift(vectors: dict[str, dict[str, Any]], name: str) -> None:
    vector = vectors[name]

    effect = two_clustered.relative_uplift(arm(vector["a"]), arm(vector["b"]))

    expected = vector["expected"]
    assert_stated(effect.estimate, expected["uplift"])
    assert_stated(effect.se or 0, expected["se"])
    # GrowthBook takes the degrees of freedom of the two means, we those of the quotient's parts.
    ends = effect.interval.low, effect.interval.high
    stated = [float(each) for each in (expected["p"], *expected["ci95"])]
    assert (effect.p_value, *ends) == pytest.approx(stated, rel=1e-3)


def test_sequential_uplift(vectors: dict[str, dict[str, Any]]) -> None:
    vector = vectors["gb_sequential_prop"]
    one, other = arm(vector["a"]), arm(vector["b"])

    effect = two_clustered.relative_uplift(one, other)
    reach = always_valid.halfwidth(effect.se or 0, one.n + other.n, tuned_for=5000)

    expected = vector["expected"]
    assert_stated(effect.estimate, expected["uplift"])
    assert_stated(effect.se or 0, expected["se"])
    assert_interval(Interval(effect.estimate - reach, effect.estimate + reach, 0.95), expected["ci95"])


def test_differences_of_shares(vectors: dict[str, dict[str, Any]]) -> None:
    treatment, control = ShareSample(7, 34), ShareSample(1, 34)

    for name in ("fagerland_7_34_1_34", "propcis_7_34_1_34"):
        for by in (DifferenceBy.WALD, DifferenceBy.AGRESTI_CAFFO, DifferenceBy.NEWCOMBE):
            if by.value in vectors[name]["expected"]:
                effect = two_shares.difference(control, treatment, by=by)
                assert_interval(effect.interval, vectors[name]["expected"][by.value])


def test_score_interval_of_shares(vectors: dict[str, dict[str, Any]]) -> None:
    """Fagerland et al. print 0.028 to 0.34, which is the score interval without the factor N / (N - 1).

    The vector's third digit of the upper bound, .343, comes from a test of statsmodels with a tolerance of 3 %, which
    covers a wrong coefficient there (statsmodels bug 10269). R's PropCIs, with the factor, has 0.0270416, 0.3452912.
    """
    treatment, control = ShareSample(7, 34), ShareSample(1, 34)
    stated = vectors["fagerland_7_34_1_34"]["expected"]["miettinen_nurminen"]

    without_factor = two_shares.difference(control, treatment, by=DifferenceBy.MEE).interval
    with_factor = two_shares.difference(control, treatment, by=DifferenceBy.MIETTINEN_NURMINEN).interval

    assert_stated(without_factor.low, stated[0])
    assert_stated(without_factor.high, Decimal("0.34"))
    assert without_factor.high == pytest.approx(float(stated[1]), abs=0.001)
    assert_interval(with_factor, [Decimal("0.0270416"), Decimal("0.3452912")])


def test_adjusted_p_values(vectors: dict[str, dict[str, Any]]) -> None:
    vector = vectors["holm_multtest"]
    p_values = [float(p) for p in vector["p"]]
    expected = vector["expected"]

    holm = sorted(multiplicity.holm(p_values))

    assert holm == pytest.approx([float(p) for p in expected["holm_sorted"]], rel=1e-11)


def test_sample_ratio(vectors: dict[str, dict[str, Any]]) -> None:
    vector = vectors["srm_hillstrom"]

    ratio = sample_ratio.check(vector["observed"])

    assert_stated(ratio.chi2, vector["expected"]["chi2"])
    # The source cuts the tenth digit off instead of rounding it.
    assert ratio.p_value == pytest.approx(float(vector["expected"]["p"]), abs=1e-10)
