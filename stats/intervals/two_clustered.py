"""Two arms compared when what was drawn is a cluster: all mails to one company share one arm and resemble each other.

The estimate is the difference of the means over units; its error is reckoned from the clusters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from stats.intervals import distributions, shares
from stats.intervals.effects import Effect, Interval, Scale, StatisticalMethod
from stats.intervals.samples import ClusteredSample
from stats.intervals.two_shares import LEVEL, check_level

CR2 = StatisticalMethod(
    "cluster-robust t (CR2, Bell-McCaffrey degrees of freedom)",
    "Bell and McCaffrey 2002, Survey Methodology 28(2); Imbens and Kolesar 2016, Rev. Econ. Stat. 98(4)",
)
WELCH = StatisticalMethod("Welch's t", "Welch 1947, Biometrika 34(1-2)")
RELATIVE = StatisticalMethod(
    "relative uplift by the delta method, cluster-robust (CR2)",
    "Deng, Knoblich and Lu 2018, KDD; Bell and McCaffrey 2002, Survey Methodology 28(2)",
)
# Below this many clusters an arm, cluster-robust errors come out too small (Cameron and Miller 2015, J. Hum. Res.
# 50(2)).
FEW_CLUSTERS = 30
# Skewed errors cancel between arms of like size; beyond this ratio they do not, and the smaller arm needs many draws:
# 355 times the squared skewness (Kohavi, Deng, Longbotham and Xu 2014, Seven Rules of Thumb for Web Site
# Experimenters).
LOPSIDED = 4
DRAWS_PER_SQUARED_SKEWNESS = 355


@dataclass(frozen=True, slots=True)
class MeanOfClusters:
    """Mean over units, the variance of that mean, and the degrees of freedom that variance is worth."""

    mean: float
    variance: float
    df: float


def mean(arm: ClusteredSample) -> MeanOfClusters:
    """Mean over units with its CR2 variance.

    With r_g the sum of cluster g's residuals and w_g its share of the units, the variance is
    sum of r_g^2 / (1 - w_g) / N^2: unbiased when units are independent, consistent whatever they share inside a
    cluster. Bell and McCaffrey's degrees of freedom, 1 / (sum w^2 + (sum u)^2 - sum u^2) with u = w^2 / (1 - w), are
    G - 1 for clusters of one size and fewer when a few clusters hold most units. With clusters of one unit this is
    the textbook variance s^2 / n with n - 1.

    Raises:
        ValueError: If the arm has one cluster only.
    """
    if arm.clusters < 2:
        raise ValueError("One cluster does not show the spread between clusters: each arm needs two or more.")
    share = arm.sizes / arm.n
    variance = float((arm.residuals**2 / (1 - share)).sum()) / arm.n**2
    u = share**2 / (1 - share)
    df = 1 / float((share**2).sum() + u.sum() ** 2 - (u**2).sum())
    return MeanOfClusters(arm.mean, variance, df)


def interval_of_mean(arm: ClusteredSample, *, level: float = LEVEL) -> Interval | None:
    """Interval of one arm's mean; None for an amount that does not vary or has one cluster.

    A share has Wilson's interval, whose n is the effective one, p (1 - p) over the cluster-robust variance (Korn and
    Graubard 1998, Survey Methodology 24(2)); without variance it is the number of effective clusters. An amount has
    t's.
    """
    check_level(level)
    mean_of_arm = mean(arm) if arm.clusters > 1 else None
    if arm.is_binary:
        return _wilson(arm, mean_of_arm.variance if mean_of_arm else 0.0, level)
    if mean_of_arm is None or not mean_of_arm.variance:
        return None
    reach = distributions.t_quantile((1 + level) / 2, mean_of_arm.df) * mean_of_arm.variance**0.5
    return Interval(mean_of_arm.mean - reach, mean_of_arm.mean + reach, level)


def _wilson(arm: ClusteredSample, variance: float, level: float) -> Interval:
    share, n = arm.mean, arm.effective_clusters
    if arm.is_clustered and variance:
        n = min(arm.n, share * (1 - share) / variance)
    ends = shares.wilson(min(share * n, n), n, level=level)
    return Interval(ends.low, ends.high, level)


def difference(control: ClusteredSample, treatment: ClusteredSample, *, level: float = LEVEL) -> Effect:
    """Mean of the treatment minus mean of the control, over units; errors from clusters nested in the arms.

    se^2 is the sum of the two CR2 variances, t has Welch and Satterthwaite's df of the two arms' df. With clusters of
    one unit it is Welch's t exactly. Under 30 clusters (or effective clusters) an arm it warns.

    Raises:
        ValueError: If an arm has one cluster only, or nothing varies between clusters.
    """
    method = CR2 if control.is_clustered or treatment.is_clustered else WELCH
    control_mean, treatment_mean = mean(control), mean(treatment)
    gap = treatment_mean.mean - control_mean.mean
    effect = student(
        gap,
        control_mean.variance,
        treatment_mean.variance,
        (control_mean.df, treatment_mean.df),
        level,
        Scale.DIFFERENCE,
        method,
    )
    return replace(effect, warnings=warnings(control, treatment))


def relative_uplift(control: ClusteredSample, treatment: ClusteredSample, *, level: float = LEVEL) -> Effect:
    """Mean of the treatment over that of the control, minus 1; delta method over cluster-robust variances.

    Raises:
        ValueError: If the control's mean is 0, an arm has one cluster, or nothing varies.
    """
    control_mean, treatment_mean = mean(control), mean(treatment)
    if control_mean.mean == 0:
        raise ValueError("Relative to a control of 0 there is no uplift; look at the difference.")
    parts = (
        control_mean.variance * treatment_mean.mean**2 / control_mean.mean**4,
        treatment_mean.variance / control_mean.mean**2,
    )
    uplift = treatment_mean.mean / control_mean.mean - 1
    effect = student(uplift, *parts, (control_mean.df, treatment_mean.df), level, Scale.RELATIVE, RELATIVE)
    return replace(effect, warnings=warnings(control, treatment))


def few_clusters(*arms: ClusteredSample) -> tuple[str, ...]:
    """A warning when an arm's errors rest on fewer than 30 clusters, or on 30 that a few large ones outweigh."""
    smallest = min(arm.clusters for arm in arms)
    if smallest < FEW_CLUSTERS:
        noun = "cluster" if smallest == 1 else "clusters"
        return (f"Only {smallest} {noun} in an arm: under {FEW_CLUSTERS} the interval may be too narrow.",)
    effective = min(arm.effective_clusters for arm in arms)
    if effective < FEW_CLUSTERS:
        return (f"A few large clusters hold most units: they weigh like {effective:.0f} equal ones, too few to trust.",)
    return ()


def warnings(control: ClusteredSample, treatment: ClusteredSample) -> tuple[str, ...]:
    """All that should be known before the interval is believed."""
    return few_clusters(control, treatment) + _lopsided(control, treatment)


def _lopsided(control: ClusteredSample, treatment: ClusteredSample) -> tuple[str, ...]:
    small, large = sorted((control, treatment), key=lambda arm: arm.clusters)
    if large.clusters <= LOPSIDED * small.clusters:
        return ()
    spread = float((small.residuals**2).mean())
    skewness = float((small.residuals**3).mean()) / spread**1.5 if spread else 0.0
    if small.clusters >= DRAWS_PER_SQUARED_SKEWNESS * skewness**2:
        return ()
    return ("The arms differ much in size and the outcome is skewed: the interval may be too narrow.",)


def student(
    estimate: float,
    v0: float,
    v1: float,
    dfs: tuple[float, float],
    level: float,
    scale: Scale,
    method: StatisticalMethod,
) -> Effect:
    """Student's t of an estimate from the variances and degrees of freedom of two arms (Welch and Satterthwaite).

    Raises:
        ValueError: If both variances are 0.
    """
    check_level(level)
    variance = v0 + v1
    if variance == 0:
        raise ValueError("Every cluster of both arms has the same outcome: no variation to compare by.")
    df = variance**2 / (v0**2 / dfs[0] + v1**2 / dfs[1])
    se = variance**0.5
    reach = distributions.t_quantile((1 + level) / 2, df) * se
    p_value = distributions.t_two_sided_p(estimate / se, df)
    return Effect(estimate, se, Interval(estimate - reach, estimate + reach, level), p_value, df, scale, method)
