"""Two means compared from sums: Welch's difference, and the uplift relative to the control by the delta method.

Shares count as means with variance p (1 - p). It does not know clusters nor repeated looks.
"""

from __future__ import annotations

from stats.intervals import distributions
from stats.intervals.effects import Effect, Interval, Scale, StatisticalMethod
from stats.intervals.samples import MeanSample, ShareSample
from stats.intervals.two_shares import LEVEL, check_level

Arm = MeanSample | ShareSample

WELCH = StatisticalMethod("Welch's t", "Welch 1947, Biometrika 34(1-2)")
UPLIFT = StatisticalMethod(
    "relative uplift by the delta method, Welch's t",
    "Deng, Knoblich and Lu 2018, Applying the Delta Method in Metric Analytics, KDD",
)


def difference(control: Arm, treatment: Arm, *, level: float = LEVEL) -> Effect:
    """Mean of the treatment minus mean of the control.

    se^2 = s1^2/n1 + s0^2/n0, and t with se^4 / (sum of (s^2/n)^2 / (n - 1)) degrees of freedom (Welch-Satterthwaite).

    Raises:
        ValueError: If no unit of either arm differs from the others, or an arm has fewer than two.
    """
    variances = _variance_of_mean(control), _variance_of_mean(treatment)
    gap = treatment.mean - control.mean
    return _student(gap, sum(variances), _welch_df(control, treatment), level, Scale.DIFFERENCE, WELCH)


def relative_uplift(control: Arm, treatment: Arm, *, level: float = LEVEL) -> Effect:
    """Mean of the treatment over mean of the control, minus 1.

    Delta method: variance = v1 / m0^2 + v0 m1^2 / m0^4 with v the variances of the two means; Welch's df.

    Raises:
        ValueError: If the control's mean is 0, or nothing varies.
    """
    variance = uplift_variance(control, treatment)
    uplift = treatment.mean / control.mean - 1
    return _student(uplift, variance, _welch_df(control, treatment), level, Scale.RELATIVE, UPLIFT)


def uplift_variance(control: Arm, treatment: Arm) -> float:
    """Variance of the relative uplift by the delta method.

    Raises:
        ValueError: If the control's mean is 0.
    """
    if control.mean == 0:
        raise ValueError("Relative to a control of 0 there is no uplift; look at the difference.")
    inflated = _variance_of_mean(control) * treatment.mean**2 / control.mean**4
    return _variance_of_mean(treatment) / control.mean**2 + inflated


def _variance_of_mean(arm: Arm) -> float:
    return arm.variance / arm.n


def _welch_df(control: Arm, treatment: Arm) -> float:
    if min(control.n, treatment.n) < 2:
        raise ValueError("A comparison of means needs at least two units in each arm.")
    parts = [_variance_of_mean(arm) for arm in (control, treatment)]
    if not sum(parts):
        raise ValueError("Every unit of both arms has the same outcome: no variation to compare by.")
    shares = parts[0] ** 2 / (control.n - 1) + parts[1] ** 2 / (treatment.n - 1)
    return float(sum(parts) ** 2 / shares)


def _student(
    estimate: float, variance: float, df: float, level: float, scale: Scale, method: StatisticalMethod
) -> Effect:
    check_level(level)
    se = variance**0.5
    reach = distributions.t_quantile((1 + level) / 2, df) * se
    return Effect(
        estimate=estimate,
        se=se,
        interval=Interval(estimate - reach, estimate + reach, level),
        p_value=distributions.t_two_sided_p(estimate / se, df),
        df=df,
        scale=scale,
        method=method,
    )
