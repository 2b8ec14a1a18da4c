"""Distributions: values of published tables, scipy's over the range that is used, and the ends."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import special, stats

from stats.intervals import distributions, incomplete_beta

ROOT = Path(__file__).resolve().parents[2]
SHARES = (1e-300, 1e-30, 1e-7, 0.0005, 0.025, 0.2, 0.4999, 0.5, 0.5001, 0.8, 0.975, 0.9995, 1 - 1e-7)
DFS = (0.3, 1, 2, 3.7, 10, 59.5, 1000, 1e6, 2e8, 1e10)
SHAPES = ((0.1, 0.1), (0.5, 3), (1, 1), (1, 500), (2, 3), (30, 0.2), (12, 88), (3, 100_000), (5000, 5001), (1e6, 2e6))


@pytest.mark.parametrize(
    ("share", "df", "published"),
    # NIST/SEMATECH e-Handbook of Statistical Methods, table 1.3.6.7.2.
    [
        (0.975, 1, 12.706),
        (0.95, 5, 2.015),
        (0.975, 10, 2.228),
        (0.995, 30, 2.750),
        (0.999, 3, 10.215),
        (0.975, 100, 1.984),
    ],
)
def test_quantiles_of_student_are_those_of_the_tables(share: float, df: float, published: float) -> None:
    assert round(distributions.t_quantile(share, df), 3) == published
    assert round(distributions.t_quantile(1 - share, df), 3) == -published


@pytest.mark.parametrize(
    ("chi2", "df", "published"),
    # The same, table 1.3.6.7.4.
    [(3.841, 1, 0.05), (5.991, 2, 0.05), (11.345, 3, 0.01), (18.307, 10, 0.05), (59.703, 30, 0.001)],
)
def test_chi_square_exceeds_the_values_of_the_tables_as_often_as_they_say(
    chi2: float, df: int, published: float
) -> None:
    assert distributions.chi2_tail(chi2, df) == pytest.approx(published, rel=1e-3)


def test_shares_follow_from_closed_forms() -> None:
    # Cauchy's distribution; a beta variable with a first or second shape of 1.
    assert distributions.t_cdf(1, 1) == pytest.approx(0.75, rel=1e-14)
    assert distributions.t_cdf(-1e200, 1) == pytest.approx(1e-200 / math.pi, rel=1e-12)
    assert distributions.beta_quantile(0.975, 1, 12) == pytest.approx(1 - 0.025 ** (1 / 12), rel=1e-13)
    assert distributions.beta_tail(0.3, 1, 40) == pytest.approx(0.7**40, rel=1e-13)
    assert distributions.beta_tail(0.3, 4, 1) == pytest.approx(1 - 0.3**4, rel=1e-13)


@pytest.mark.parametrize("df", DFS)
def test_student_is_scipys(df: float) -> None:
    for t in (0, 1e-20, 1e-9, 0.3, 1, 2, 6, 40, 1e5):
        for signed in (t, -t):
            assert distributions.t_cdf(signed, df) == pytest.approx(
                special.stdtr(df, signed), rel=1e-7 if df > 1e6 else 1e-9, abs=1e-300
            )
    # Of scipy's own quantiles a few have six digits: the cdf, which agrees above, says which share is below ours.
    for share in SHARES:
        quantile = distributions.t_quantile(share, df)
        if abs(quantile) < 1e150:
            assert special.stdtr(df, quantile) == pytest.approx(share, rel=1e-8)


@pytest.mark.parametrize(("a", "b"), SHAPES)
def test_beta_is_scipys(a: float, b: float) -> None:
    for share in SHARES:
        quantile = distributions.beta_quantile(share, a, b)
        theirs = special.betaincinv(a, b, share)
        # Of so small a share of so long a tail scipy has no quantile.
        if 1e-300 < quantile < 1 - 1e-9 and not math.isnan(theirs):
            assert quantile == pytest.approx(theirs, rel=1e-8)
            assert distributions.beta_tail(quantile, a, b) == pytest.approx(1 - share, rel=1e-7)
    for x in (1e-12, 0.001, 0.2, 0.5, 0.9, 1 - 1e-9):
        assert distributions.beta_tail(x, a, b) == pytest.approx(special.betaincc(a, b, x), rel=1e-8, abs=1e-290)


@pytest.mark.parametrize("df", [1, 2, 3, 8, 25, 400])
def test_chi_square_is_scipys(df: int) -> None:
    for chi2 in (1e-9, 0.4, 1, 7.5, 60, 300, 1500):
        assert distributions.chi2_tail(chi2, df) == pytest.approx(special.chdtrc(df, chi2), rel=1e-10, abs=1e-300)


@pytest.mark.parametrize(("n", "p"), [(1, 0.3), (40, 0.0), (40, 1.0), (40, 0.02), (3000, 0.7), (20_000, 1e-4)])
def test_binomial_is_scipys(n: int, p: float) -> None:
    counts = np.unique(np.linspace(-1, n, 60).round())

    assert distributions.binomial_chances(n, p) == pytest.approx(
        stats.binom.pmf(range(n + 1), n, p), rel=1e-8, abs=1e-200
    )
    shares = incomplete_beta.binomial_cdf(counts, np.full_like(counts, n), p)
    assert shares == pytest.approx(stats.binom.cdf(counts, n, p), rel=1e-9, abs=1e-13)


def test_each_count_of_a_binomial_may_be_of_another_number_of_trials() -> None:
    counts, of = np.array([-1.0, 0, 3, 10, 12]), np.array([5.0, 5, 10, 10, 300])

    shares = incomplete_beta.binomial_cdf(counts, of, 0.04)

    assert shares == pytest.approx(stats.binom.cdf(counts, of, 0.04), rel=1e-12)


def test_ends_and_what_has_no_answer() -> None:
    assert distributions.beta_quantile(0, 2, 3) == distributions.beta_tail(1, 2, 3) == 0
    assert distributions.beta_quantile(1, 2, 3) == distributions.beta_tail(0, 2, 3) == 1
    assert (distributions.t_quantile(0, 5), distributions.t_quantile(1, 5)) == (-math.inf, math.inf)
    assert (distributions.t_cdf(-math.inf, 5), distributions.t_cdf(math.inf, 5)) == (0, 1)
    assert distributions.t_quantile(0.975, math.inf) == distributions.normal_quantile(0.975)
    assert (distributions.chi2_tail(0, 3), distributions.chi2_tail(math.inf, 3)) == (1, 0)
    assert all(
        map(math.isnan, (distributions.t_quantile(0.9, 0), distributions.t_cdf(1, 0), distributions.chi2_tail(-1, 2)))
    )


@pytest.mark.slow
def test_no_module_of_the_product_needs_scipy() -> None:
    found = subprocess.run(
        ["git", "grep", "-lE", r"^\s*(import|from) scipy", "--", "*.py", ":!tests", ":!benchmarks"], cwd=ROOT,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    code = (
        "import sys; sys.modules['scipy'] = None; from stats import paired_loss as p; "
        "print(p.p_value(p.PairCounts(3, 4, 200), 0.05))"
    )

    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert found.stdout == ""
    assert float(told) == pytest.approx(0.0144, abs=0.0144)
