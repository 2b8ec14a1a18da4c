"""Always-valid intervals: an experiment may be looked at every day, and stopped when it pleases, at one error rate.

The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas ("Time-uniform central limit
theory and asymptotic confidence sequences", Annals of Statistics 52(6), 2024; arXiv 2103.06476, eq. 9): a normal
mixture over the running estimate and its running standard error. It takes both as given, so that the estimate may be a
difference, an uplift, or either of them with errors from clusters; the independent draws counted are then clusters.
"""

from __future__ import annotations

import math

from stats.intervals import distributions
from stats.intervals.effects import Effect, Interval, StatisticalMethod
from stats.intervals.two_shares import LEVEL, check_level

ALWAYS_VALID = StatisticalMethod(
    "always-valid confidence sequence",
    "Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2024, Annals of Statistics 52(6)",
)
# Growthbook's default, for experiments that have no horizon.
DEFAULT_TUNED_FOR = 5000
# The smallest chance whose normal quantile the standard library gives.
SMALLEST_CHANCE = 1e-300


def halfwidth(
    se: float, draws: float, *, tuned_for: float = DEFAULT_TUNED_FOR, level: float = LEVEL, df: float | None = None
) -> float:
    """Half the width of the always-valid interval.

    se sqrt(2 (n r^2 + 1) / (n r^2) log(sqrt(n r^2 + 1) / a)), with a = 1 - level and r chosen so that the interval is
    narrowest after `tuned_for` draws: r^2 = (-2 log a + log(-2 log a + 1)) / tuned_for, the paper's approximation.

    Args:
        se: Standard error of the estimate now.
        draws: Independent draws in both arms together now: units, or clusters where clusters were drawn.
        tuned_for: Draws at which the interval is to be narrowest: the experiment's horizon.
        level: Share of experiments in which the interval holds the truth at all looks together.
        df: Degrees of freedom of the standard error. The paper's limit is normal and ignores that a standard error from
            few clusters is itself unsure; with `df` the multiple of se is taken at the same tail of Student's t.

    Raises:
        ValueError: If an argument is not above 0, or the level is none.
    """
    mixed = _mixed(se, draws, tuned_for, level)
    multiple = math.sqrt(2 * (mixed + 1) / mixed * math.log(math.sqrt(mixed + 1) / (1 - level)))
    return se * (multiple if df is None else _as_student(multiple, df))


def p_value(
    estimate: float,
    se: float,
    draws: float,
    *,
    tuned_for: float = DEFAULT_TUNED_FOR,
    level: float = LEVEL,
    df: float | None = None,
) -> float:
    """The smallest error rate at which the interval at this look leaves out 0.

    sqrt(n r^2 + 1) exp(-z^2 / 2 * n r^2 / (n r^2 + 1)), at most 1, with r fixed by `level` and `tuned_for`: the
    always-valid p-value of Johari, Koomen, Pekelis and Walsh 2022, Operations Research 70(3). With `df`, z is the
    normal quantile at the tail where Student's t puts the quotient.

    Raises:
        ValueError: If `se`, `draws` or `tuned_for` is not above 0, or the level is none.
    """
    mixed = _mixed(se, draws, tuned_for, level)
    z = estimate / se if df is None else _as_normal(estimate / se, df)
    return min(1.0, math.sqrt(mixed + 1) * math.exp(-(z**2) / 2 * mixed / (mixed + 1)))


def always_valid(effect: Effect, draws: float, *, tuned_for: float = DEFAULT_TUNED_FOR) -> Effect:
    """The same effect with an interval and a p-value that hold at every look; its degrees of freedom are heeded.

    Raises:
        ValueError: If the effect has no standard error.
    """
    if effect.se is None:
        raise ValueError("An always-valid interval needs a standard error.")
    level = effect.interval.level
    reach = halfwidth(effect.se, draws, tuned_for=tuned_for, level=level, df=effect.df)
    return Effect(
        estimate=effect.estimate,
        se=effect.se,
        interval=Interval(effect.estimate - reach, effect.estimate + reach, level),
        p_value=p_value(effect.estimate, effect.se, draws, tuned_for=tuned_for, level=level, df=effect.df),
        df=effect.df,
        scale=effect.scale,
        method=ALWAYS_VALID,
        warnings=effect.warnings,
    )


def _mixed(se: float, draws: float, tuned_for: float, level: float) -> float:
    check_level(level)
    for name, value in (("standard error", se), ("number of draws", draws), ("horizon", tuned_for)):
        if not (math.isfinite(value) and value > 0):
            raise ValueError(f"The {name} of an always-valid interval must be above 0, not {value:g}.")
    alpha = 1 - level
    return draws * (-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / tuned_for


def _as_student(z: float, df: float) -> float:
    return -distributions.t_quantile(max(distributions.normal_cdf(-z), SMALLEST_CHANCE), df)


def _as_normal(t: float, df: float) -> float:
    return distributions.normal_quantile(max(distributions.t_cdf(-abs(t), df), SMALLEST_CHANCE))
