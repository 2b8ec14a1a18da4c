"""CUPED and ratio metrics agree with published values, with regressions, and with cases worked by hand."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from statsmodels.api import OLS, add_constant

from stats.experiments import linear
from stats.experiments.linear import LinearMean
from stats.intervals import two_clustered
from tests.campaigns.statistics.arms import of_clusters

# Moments and results of growthbook/packages/stats/tests/frequentist/test_tests.py
# (test_two_sided_ttest_test_runs_ratio_ra): by arm the sums of m, d, and both before, and the sums of their products,
# row by row.
RATIO_A = [485.112236689623, 679.9093275844917, 192.59138069991536, 290.1398399750233]
PRODUCTS_A = [
    [2715.484666118136, 3602.146836776702, 1113.6215759318352, 1559.2878434944676],
    [3602.146836776702, 4939.424001640236, 1460.3181079276983, 2130.9404074446747],
    [1113.6215759318352, 1460.3181079276983, 460.076026390857, 634.239482353647],
    [1559.2878434944676, 2130.9404074446747, 634.239482353647, 920.9461385038898],
]
RATIO_B = [514.7757826608777, 705.4090874383759, 206.94157227402536, 302.54389139107326]
PRODUCTS_B = [
    [2994.897482705013, 3918.1561431600717, 1237.0953021125997, 1701.0287270040265],
    [3918.1561431600717, 5291.36604146392, 1604.0759503266522, 2292.081739775257],
    [1237.0953021125997, 1604.0759503266522, 514.2903702246757, 698.4173425817908],
    [1701.0287270040265, 2292.081739775257, 698.4173425817908, 994.4506208125663],
]


def rows_of(n: int, sums: list[float], products: list[list[float]]) -> Any:
    """Rows with exactly these sums and sums of products, (n, k)."""
    means = np.array(sums) / n
    drawn = np.random.default_rng(1).normal(size=(n, len(sums)))
    spread, _ = np.linalg.qr(drawn - drawn.mean(axis=0))
    return spread @ np.linalg.cholesky(np.array(products) - n * np.outer(means, means)).T + means


def means_of(arms: dict[str, Any]) -> dict[str, LinearMean]:
    return {name: linear.ratio(values, np.ones(len(values))) for name, values in arms.items()}


def test_a_ratio_adjusted_by_the_ratio_before_is_as_published() -> None:
    rows = {"a": rows_of(100, RATIO_A, PRODUCTS_A), "b": rows_of(100, RATIO_B, PRODUCTS_B)}
    outcomes = {name: linear.ratio(arm[:, 0], arm[:, 1]) for name, arm in rows.items()}
    before = {name: linear.ratio(arm[:, 2], arm[:, 3]) for name, arm in rows.items()}

    adjusted = linear.adjust(outcomes, before).arms
    effect = linear.difference(adjusted["a"], adjusted["b"])

    # Published relative to the control before its adjustment.
    base = outcomes["a"].value
    assert (round(effect.estimate / base, 5), round((effect.se or 0) / base, 5)) == (-0.0007, 0.00391)
    assert (effect.interval.low / base, effect.interval.high / base) == pytest.approx((-0.00841, 0.00700), abs=1.5e-5)
    assert effect.p_value == pytest.approx(0.85771, abs=5e-5)


def test_a_mean_adjusted_by_a_covariate_is_as_published() -> None:
    # The same file, test_sequential_test_runs_ra: 0.50338, relative to the control before its adjustment.
    a = rows_of(3000, [1396.87, 16.87], [[52377.9767, 1], [1, 527.9767]])
    b = rows_of(3461, [2422.7, 22.7], [[134698.29, 1], [1, 1348.29]])
    outcomes, before = means_of({"a": a[:, 0], "b": b[:, 0]}), means_of({"a": a[:, 1], "b": b[:, 1]})

    adjusted = linear.adjust(outcomes, before).arms

    gap = linear.difference(adjusted["a"], adjusted["b"])
    base = outcomes["a"].value
    assert gap.estimate / base == pytest.approx(0.50338, abs=2e-5)


def test_a_ratio_worked_by_hand() -> None:
    # R = 4/8; y - R x = 0, -1/2, 1/2, 0; over the mean of x, 2: 0, -1/4, 1/4, 0; variance (1/16 + 1/16) / (4 * 3).
    found = linear.ratio(np.array([1.0, 0, 2, 1]), np.array([2.0, 1, 3, 2]))

    assert found.value == 0.5
    assert list(found.parts) == [0, -0.25, 0.25, 0]
    assert found.variance == pytest.approx(1 / 96)


def test_a_ratio_over_units_of_clusters_is_the_cluster_robust_mean() -> None:
    rng = np.random.default_rng(3)
    sizes = np.full(200, 4)
    arm = of_clusters(list(sizes), list(rng.binomial(sizes, 0.3)), is_binary=True)

    found, robust = linear.ratio(arm.totals, arm.sizes.astype(float)), two_clustered.mean(arm)

    assert (found.value, found.variance) == pytest.approx((robust.mean, robust.variance))


def test_arms_of_one_size_are_adjusted_as_by_a_regression() -> None:
    rng = np.random.default_rng(4)
    before = rng.gamma(2, 3, size=(2, 500))
    after = 0.8 * before + rng.normal(size=(2, 500)) + [[0.0], [0.4]]
    columns = add_constant(np.column_stack([np.repeat([0, 1], 500), before.ravel()]))

    fit = OLS(after.ravel(), columns).fit(cov_type="HC1")
    found = linear.adjust(means_of({"a": after[0], "b": after[1]}), means_of({"a": before[0], "b": before[1]}))
    effect = linear.difference(found.arms["a"], found.arms["b"])

    assert (effect.estimate, found.theta) == pytest.approx((fit.params[1], fit.params[2]), rel=1e-9)
    assert effect.se == pytest.approx(fit.bse[1], rel=0.01)


def test_the_variance_left_is_one_less_the_squared_correlation() -> None:
    # Deng et al. 2013, section 3.1: var(Y_cv) = var(Y) (1 - rho^2).
    rng = np.random.default_rng(5)
    x = rng.normal(size=400)
    y = 0.6 * x + rng.normal(size=400)

    found = linear.adjust(means_of({"a": y, "b": y + 1}), means_of({"a": x, "b": x}))

    assert found.variance_share == pytest.approx(1 - np.corrcoef(x, y)[0, 1] ** 2)
    assert linear.difference(found.arms["a"], found.arms["b"]).estimate == pytest.approx(1)


def test_without_an_effect_the_adjusted_ratio_raises_false_alarms_at_its_level() -> None:
    rng, alarms = np.random.default_rng(6), 0
    for _ in range(2_000):
        arms, before = {}, {}
        for name in "ab":
            wont, mails = rng.beta(2, 8, 150), rng.integers(1, 5, 150)
            arms[name] = linear.ratio(rng.binomial(mails, wont).astype(float), mails.astype(float))
            before[name] = linear.ratio(rng.binomial(6, wont).astype(float), np.full(150, 6.0))
        adjusted = linear.adjust(arms, before).arms
        alarms += (linear.difference(adjusted["a"], adjusted["b"]).p_value or 0) < 0.05

    assert 0.04 <= alarms / 2_000 <= 0.062


@pytest.mark.parametrize(
    ("numerators", "denominators", "words"),
    [
        ([1, 2], [1], "numerator and a denominator"),
        ([1], [1], "two draws"),
        ([1, 2], [0, 0], "above 0"),
        ([1, 2], [-1, 2], "from 0 up"),
        ([1, float("nan")], [1, 1], "finite"),
    ],
)
def test_what_is_no_ratio_is_refused(numerators: list[float], denominators: list[float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        linear.ratio(np.array(numerators), np.array(denominators))


def test_a_covariate_that_tells_nothing_or_is_missing_is_refused() -> None:
    arms = means_of({"a": np.arange(9.0), "b": np.arange(9.0)})

    with pytest.raises(ValueError, match="same everywhere"):
        linear.adjust(arms, means_of({"a": np.ones(9), "b": np.ones(9)}))
    with pytest.raises(ValueError, match="needs its covariate"):
        linear.adjust(arms, means_of({"a": np.arange(9.0), "b": np.arange(8.0)}))


def run(path: Path | str, *options: str) -> str:
    out = io.StringIO()
    call_command("analyse_experiment", str(path), "--arm", "arm", *options, stdout=out)
    return out.getvalue()


def test_the_command_tells_both_beside_the_verdict(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    lines = ["arm,contact,replies,mails,before"]
    for n in range(300):
        mails = int(rng.integers(1, 5))
        lines.append(f"{'ab'[n % 2]},{n},{rng.binomial(mails, 0.3)},{mails},{rng.poisson(2)}")
    path = tmp_path / "table.csv"
    path.write_text("\n".join(lines))
    options = ("--metric", "replies", "--denominator", "mails", "--covariate", "before", "--control", "a")

    data, text = json.loads(run(path, *options, "--json")), run(path, *options)

    assert data["ratio"][0]["effect"]["method"]["name"] == linear.RATIO.name
    assert data["adjusted"]["comparisons"][0]["effect"]["method"]["name"] == linear.CUPED.name
    assert "ratio, b: " in text
    assert "the covariate leaves " in text
    assert "ratio" not in json.loads(run(path, "--metric", "replies", "--json"))
    with pytest.raises(CommandError, match="'nothing' is missing"):
        run(path, "--metric", "replies", "--covariate", "nothing")


@pytest.mark.outside_data
def test_hillstroms_spend_adjusted_by_history_agrees_with_a_regression(outside_data: Path) -> None:
    path = outside_data / "ab" / "hillstrom.csv.gz"
    out = io.StringIO()
    options = ("--arm", "segment", "--metric", "spend", "--covariate", "history", "--control", "No E-Mail", "--json")
    call_command("analyse_experiment", str(path), *options, stdout=out)
    with gzip.open(path, "rt") as file:
        rows = list(csv.DictReader(file))
    segments = np.array([row["segment"] for row in rows])
    arms = [(segments == name).astype(float) for name in ("Mens E-Mail", "Womens E-Mail")]
    history = np.array([float(row["history"]) for row in rows])
    spend = np.array([float(row["spend"]) for row in rows])

    fit = OLS(spend, add_constant(np.column_stack([*arms, history]))).fit(cov_type="HC1")
    adjusted = json.loads(out.getvalue())["adjusted"]

    effects = {one["arm"]: one["effect"] for one in adjusted["comparisons"]}
    for at, name in enumerate(("Mens E-Mail", "Womens E-Mail"), start=1):
        assert effects[name]["estimate"] == pytest.approx(fit.params[at], rel=1e-4)
        assert effects[name]["se"] == pytest.approx(fit.bse[at], rel=1e-2)
    assert adjusted["theta"] == pytest.approx(fit.params[3], rel=1e-3)
    assert 0.99 < adjusted["variance_share"] < 1


def test_equal_numbers_neither_adjust_nor_differ_whatever_rounding_leaves() -> None:
    chance = np.random.default_rng(4)
    before = {"a": chance.normal(size=50), "b": chance.normal(size=33)}
    outcomes = means_of({name: 2 * values + 0.3 for name, values in before.items()})

    with pytest.raises(ValueError, match="same everywhere"):
        linear.adjust(outcomes, means_of({name: np.full(len(values), 0.1) for name, values in before.items()}))
    explained = linear.adjust(outcomes, means_of(before))
    assert explained.variance_share == 0
    with pytest.raises(ValueError, match="no variation"):
        linear.difference(explained.arms["a"], explained.arms["b"])
