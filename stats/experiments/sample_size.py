"""Power analysis before the first mail: the sample size an effect needs, and the power of the contacts available.

The normal distribution is all it needs, so that a page may plan without loading scipy; a test holds it to
statsmodels' power.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from stats.experiments.number_wording import MOST_DECIMALS, NumberWording, about, capitalised, wording_for
from stats.intervals.distributions import normal_cdf, normal_quantile
from stats.intervals.effects import StatisticalMethod

TWO_PROPORTIONS = StatisticalMethod(
    "normal approximation for two shares", "Fleiss, Levin and Paik 2003, Statistical Methods for Rates, 3rd ed., ch. 4"
)
NON_INFERIORITY = StatisticalMethod(
    "normal approximation, equal truth",
    "Chow, Shao and Wang 2008, Sample Size Calculations in Clinical Research, ch. 4",
)


@dataclass(frozen=True, slots=True)
class PlanningTerms:
    """Assumptions of an experiment's plan: power, error rate and clusters.

    Attributes:
        power: Chance to show an effect that is there.
        alpha: Two-sided error rate; a non-inferiority test takes half of it on its one side.
        cluster_size: Mean units a cluster.
        icc: Intraclass correlation: how much units of one cluster resemble each other, 0 to 1.
        size_cv: Standard deviation of the cluster sizes over their mean.
    """

    power: float = 0.8
    alpha: float = 0.05
    cluster_size: float = 1.0
    icc: float = 0.0
    size_cv: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1 or not self.alpha < self.power < 1:
            raise ValueError("Alpha must be between 0 and 1, and power between alpha and 1, such as 0.05 and 0.8.")
        if not (math.isfinite(self.cluster_size) and self.cluster_size >= 1):
            raise ValueError("A cluster has at least one unit on average.")
        if not 0 <= self.icc <= 1 or not (math.isfinite(self.size_cv) and self.size_cv >= 0):
            raise ValueError("The intraclass correlation must be between 0 and 1, and sizes vary by 0 or more.")

    @property
    def effect(self) -> float:
        """Design effect: how many units of clusters say as much as one independent unit.

        1 + ((cv^2 + 1) m - 1) icc (Eldridge, Ashby and Kerry 2006, Int. J. Epidemiology 35(5)), at least 1.
        """
        return 1 + max(0.0, (self.size_cv**2 + 1) * self.cluster_size - 1) * self.icc

    @property
    def reach(self) -> float:
        """Normal quantile of the error rate plus that of the power."""
        return normal_quantile(1 - self.alpha / 2) + normal_quantile(self.power)


@dataclass(frozen=True, slots=True)
class SamplePlan:
    """Sample size a design needs, and the power of the units available.

    Attributes:
        baseline: Share of the control, 0 to 1.
        effect: The difference to show, or the margin; None if only the detectable one was asked for.
        needed_n: Units an arm for that effect; None without one.
        n_per_arm: Units available per arm; None if unknown.
        detectable: The smallest difference those can show, either way; None without them.
        power: Chance to show `effect` with the units available; None unless both are known.
        is_non_inferiority: Whether `effect` is a margin.
    """

    baseline: float
    effect: float | None
    needed_n: int | None
    n_per_arm: int | None
    detectable: float | None
    power: float | None
    design: PlanningTerms
    is_non_inferiority: bool
    method: StatisticalMethod

    @property
    def is_enough(self) -> bool | None:
        """Return whether the available units suffice; None unless both numbers are known."""
        if self.needed_n is None or self.n_per_arm is None:
            return None
        return self.n_per_arm >= self.needed_n


def plan(
    baseline: float,
    *,
    effect: float | None = None,
    margin: float | None = None,
    n_per_arm: int | None = None,
    design: PlanningTerms = PlanningTerms(),
) -> SamplePlan:
    """Plan an experiment about a share.

    Args:
        baseline: Expected share of the control, 0 to 1 without its ends.
        effect: Treatment minus control to show, as a share; its sign may matter little.
        margin: Instead of an effect: not worse by more than this, as a share above 0.
        design: Power, error rate and clusters.

    Raises:
        ValueError: If a number has no sense, or both an effect and a margin are given.
    """
    if not 0 < baseline < 1:
        raise ValueError(f"The expected share must be between 0 and 1, such as 0.059; {baseline!r} is not.")
    _check(effect, margin, n_per_arm)
    if effect is not None and not 0 < baseline + effect < 1:
        raise ValueError("Baseline and effect together leave 0 to 1: no share can be there.")
    if margin is not None and margin >= 1:
        raise ValueError("A margin is a difference of shares, such as 0.01 for one point.")
    other = baseline if effect is None else baseline + effect
    noise = baseline * (1 - baseline) + other * (1 - other)
    return _plan(baseline, effect, margin, n_per_arm, design, noise, 2 * baseline * (1 - baseline))


def in_words(plan: SamplePlan, *, noun: str = "mails") -> str:
    """Return a plan in a sentence: needed units to three digits, and the power of those available.

    "5.9 against 5.1 % needs 12,700 mails an arm (80 % power, two-sided 5 %); with 3,000 you can show 1.7 points."
    """
    parts = []
    if plan.needed_n is not None and plan.effect is not None:
        parts.append(f"{_aim(plan)} needs {about(plan.needed_n)} {noun} an arm {_terms(plan)}")
    if plan.n_per_arm is not None and plan.detectable is not None:
        at_hand = f"with {plan.n_per_arm:,}" if parts else f"with {plan.n_per_arm:,} {noun} an arm"
        terms = "" if parts else f" {_terms(plan)}"
        detectable = wording_for(plan.detectable, is_share=True).gap(plan.detectable)
        parts.append(f"{at_hand} you can show {detectable}{terms}")
    return capitalised("; ".join(parts) + ".") if parts else ""


def _aim(plan: SamplePlan) -> str:
    effect = plan.effect or 0.0
    # Rounding shifts neither share by more than a twentieth of the difference.
    shares = plan.baseline, plan.baseline + effect
    exact = (
        decimals
        for decimals in range(1, MOST_DECIMALS)
        if all(abs(round(share * 100, decimals) - share * 100) <= abs(effect) * 5 for share in shares)
    )
    words = NumberWording(is_share=True, decimals=next(exact, MOST_DECIMALS))
    if plan.is_non_inferiority:
        return f"not worse than {words.level(plan.baseline)} by more than {words.margin(effect)}"
    return f"{words.number(plan.baseline)} against {words.level(plan.baseline + effect)}"


def _terms(plan: SamplePlan) -> str:
    design = plan.design
    side = (
        f"one-sided {design.alpha * 50:.4g} %" if plan.is_non_inferiority else f"two-sided {design.alpha * 100:.4g} %"
    )
    clustered = f", design effect {design.effect:.2g}" if design.effect > 1 else ""
    return f"({design.power * 100:.4g} % power, {side}{clustered})"


def _plan(
    baseline: float,
    effect: float | None,
    margin: float | None,
    n_per_arm: int | None,
    design: PlanningTerms,
    noise: float,
    noise_at_baseline: float,
) -> SamplePlan:
    """Units an arm, noise ((z_a + z_b) / gap)^2 design effect with noise the sum of both variances, and its inverses.

    The detectable difference may go either way, so both arms have the baseline's variance there.
    """
    gap = margin if effect is None else abs(effect)
    method = NON_INFERIORITY if margin is not None else TWO_PROPORTIONS
    needed = detectable = power = None
    if gap is not None:
        needed = math.ceil(noise * (design.reach / gap) ** 2 * design.effect)
    if n_per_arm is not None:
        detectable = design.reach * math.sqrt(noise_at_baseline * design.effect / n_per_arm)
    if gap is not None and n_per_arm is not None:
        z = gap / math.sqrt(noise * design.effect / n_per_arm)
        power = normal_cdf(z - normal_quantile(1 - design.alpha / 2))
    return SamplePlan(
        baseline,
        gap if effect is None else effect,
        needed,
        n_per_arm,
        detectable,
        power,
        design,
        is_non_inferiority=margin is not None,
        method=method,
    )


def _check(effect: float | None, margin: float | None, n_per_arm: int | None) -> None:
    if effect is not None and margin is not None:
        raise ValueError("Plan for an effect or for a margin, not for both at once.")
    if effect is not None and not (math.isfinite(effect) and effect):
        raise ValueError("An effect to show must be a number other than 0.")
    if margin is not None and not (math.isfinite(margin) and margin > 0):
        raise ValueError("A margin must be above 0: how much worse would still be acceptable.")
    if n_per_arm is not None and n_per_arm < 2:
        raise ValueError("An arm needs at least two units.")
