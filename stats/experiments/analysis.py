"""An experiment from its arms' outcomes to its verdicts: all arms against the control, with the careful defaults.

`docs/experiments.md` says which method is the default where, with measurements.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from stats.experiments import conclusions, sample_ratio
from stats.experiments.analysis_types import Analysis, AnalysisQuestion, ArmSummary, Comparison
from stats.experiments.conclusions import ComparedArms, Conclusion
from stats.experiments.sample_ratio import SampleRatio
from stats.intervals import always_valid, distributions, multiplicity, two_clustered, two_shares
from stats.intervals.effects import Effect, Interval, StatisticalMethod
from stats.intervals.samples import ClusteredSample, ShareSample
from stats.intervals.two_shares import LEVEL, DifferenceBy


@dataclass(frozen=True, slots=True)
class _Raw:
    """A comparison before it is adjusted for the others."""

    arm: str
    effect: Effect
    watched: Effect | None
    relative: Effect | None
    p_value: float
    p_margin: float | None
    p_beyond: float | None


def analyse(arms: Mapping[str, ClusteredSample], question: AnalysisQuestion) -> Analysis:
    """Compare every arm with the control.

    Args:
        arms: Outcomes of each arm by its name, the control among them.

    Raises:
        ValueError: If there are fewer than two arms, the control is none of them, or their outcomes cannot be compared.
    """
    _check(arms, question)
    arms = _alike(arms)
    control = arms[question.control]
    others = {name: arm for name, arm in arms.items() if name != question.control}
    draws = question.horizon or sum(arm.clusters for arm in arms.values())
    raws = [_compare(name, control, arm, question, draws * 2 / len(arms)) for name, arm in others.items()]
    comparisons = _concluded(raws, arms, question)
    ratio = _sample_ratio(arms, question)
    return Analysis(
        is_share=control.is_binary,
        is_clustered=any(arm.is_clustered for arm in arms.values()),
        control=question.control,
        arms=tuple(_summary(name, arms[name], question.level) for name in [question.control, *others]),
        sample_ratio=ratio,
        comparisons=comparisons,
        methods=_methods(comparisons, ratio),
        warnings=_warnings(comparisons, ratio, question),
    )


def difference(control: ClusteredSample, treatment: ClusteredSample, *, level: float = LEVEL) -> Effect:
    """The difference by the method that holds its level there.

    Independent shares: Miettinen and Nurminen. Everything else: the cluster-robust t, which without clusters is
    Welch's. Clustered shares where the t has nothing to reckon with (an arm without a success or without a failure, of
    one cluster, or of clusters all alike): Miettinen and Nurminen with every cluster counted as one unit, which errs on
    the careful side.

    Raises:
        ValueError: If the outcomes cannot be compared.
    """
    if not (control.is_binary and treatment.is_binary):
        return two_clustered.difference(control, treatment, level=level)
    is_clustered = control.is_clustered or treatment.is_clustered
    if not is_clustered or _is_without_spread(control) or _is_without_spread(treatment):
        return _score_difference(control, treatment, level)
    return two_clustered.difference(control, treatment, level=level)


def _score_difference(control: ClusteredSample, treatment: ClusteredSample, level: float) -> Effect:
    effect = two_shares.difference(
        _effective(control), _effective(treatment), by=DifferenceBy.MIETTINEN_NURMINEN, level=level
    )
    warnings = list(two_clustered.few_clusters(control, treatment))
    if control.is_clustered or treatment.is_clustered:
        warnings.append(
            f"{_why_as_units(control, treatment)}: every cluster was counted as one unit, "
            "which makes the interval wider than it may need to be."
        )
    return replace(effect, warnings=tuple(warnings))


def _why_as_units(*arms: ClusteredSample) -> str:
    if any(arm.total in (0, arm.n) for arm in arms):
        return "An arm has no success (or no failure) yet"
    return "An arm has one cluster" if min(arm.clusters for arm in arms) < 2 else "All clusters of an arm are alike"


def _effective(arm: ClusteredSample) -> ShareSample:
    n = arm.effective_clusters
    return ShareSample(min(arm.mean * n, n), n)


def _is_without_spread(arm: ClusteredSample) -> bool:
    return arm.clusters < 2 or not arm.residuals.any()


def _compare(
    name: str, control: ClusteredSample, arm: ClusteredSample, question: AnalysisQuestion, tuned_for: float
) -> _Raw:
    effect = difference(control, arm, level=question.level)
    watched = _always_valid(control, arm, question.level, tuned_for)
    deciding = watched if question.is_running else effect
    return _Raw(
        arm=name,
        effect=effect,
        watched=watched,
        relative=_or_none(two_clustered.relative_uplift, control, arm, question.level),
        p_value=1.0 if deciding is None or deciding.p_value is None else deciding.p_value,
        p_margin=_p_margin(effect, control, arm, question, tuned_for),
        p_beyond=_p_margin(effect, control, arm, question, tuned_for, side=-1),
    )


def _always_valid(control: ClusteredSample, arm: ClusteredSample, level: float, tuned_for: float) -> Effect | None:
    """Return the always-valid effect; None where the cluster-robust t gives none.

    Independent shares use that t too, because its false alarms are the measured ones.
    """
    robust = _or_none(two_clustered.difference, control, arm, level)
    if robust is None:
        return None
    return always_valid.always_valid(robust, control.clusters + arm.clusters, tuned_for=tuned_for)


def _or_none(
    method: Callable[..., Effect], control: ClusteredSample, arm: ClusteredSample, level: float
) -> Effect | None:
    """The effect, or None while nothing varies (or the control is 0 under an uplift): then there is none to tell."""
    try:
        return method(control, arm, level=level)
    except ValueError:
        return None


def _p_margin(
    effect: Effect,
    control: ClusteredSample,
    arm: ClusteredSample,
    question: AnalysisQuestion,
    tuned_for: float,
    side: int = 1,
) -> float | None:
    """One-sided p-value about the margin, by the method that made the deciding interval.

    Args:
        side: 1 against "worse by the margin or more", -1 against "worse by the margin at most".
    """
    if question.margin is None:
        return None
    sign = side if question.higher_is_better else -side
    line = -side * sign * question.margin
    gain = sign * (effect.estimate - line)
    if question.is_running:
        return _always_valid_p_margin(gain, control, arm, question.level, tuned_for)
    if effect.df is None:
        z = two_shares.score(_effective(control), _effective(arm), value=line)
        return distributions.normal_cdf(-sign * z)
    return distributions.t_cdf(-gain / (effect.se or math.inf), effect.df)


def _always_valid_p_margin(
    gain: float, control: ClusteredSample, arm: ClusteredSample, level: float, tuned_for: float
) -> float:
    robust = _or_none(two_clustered.difference, control, arm, level)
    if robust is None or robust.se is None or gain <= 0:
        return 1.0
    draws = control.clusters + arm.clusters
    return always_valid.p_value(gain, robust.se, draws, tuned_for=tuned_for, level=level, df=robust.df) / 2


def _concluded(
    raws: list[_Raw], arms: Mapping[str, ClusteredSample], question: AnalysisQuestion
) -> tuple[Comparison, ...]:
    adjusted = multiplicity.holm([raw.p_value for raw in raws])
    adjusted_margins, adjusted_beyond = _holm([raw.p_margin for raw in raws]), _holm([raw.p_beyond for raw in raws])
    return tuple(
        Comparison(
            arm=raw.arm,
            effect=raw.effect,
            watched=raw.watched,
            relative=raw.relative,
            p_value=raw.p_value,
            adjusted_p=p,
            p_margin=raw.p_margin,
            adjusted_p_margin=p_margin,
            verdict=_verdict(raw, arms, question, p, p_margin, p_beyond),
        )
        for raw, p, p_margin, p_beyond in zip(raws, adjusted, adjusted_margins, adjusted_beyond, strict=True)
    )


def _holm(p_values: list[float | None]) -> list[float | None]:
    """Adjust p-values about a margin; without a margin there are none."""
    return [*multiplicity.holm([p for p in p_values if p is not None])] or p_values


def _verdict(
    raw: _Raw,
    arms: Mapping[str, ClusteredSample],
    question: AnalysisQuestion,
    p_value: float,
    p_margin: float | None,
    p_beyond: float | None,
) -> Conclusion:
    labels = question.labels or {}
    # One comparison needs no adjustment, and its interval then decides alone.
    is_adjusted = len(arms) > 2
    return conclusions.conclude(
        ComparedArms(
            treatment=labels.get(raw.arm, raw.arm),
            control=labels.get(question.control, question.control),
            treatment_mean=arms[raw.arm].mean,
            control_mean=arms[question.control].mean,
            interval=_deciding_interval(raw, question),
            is_share=arms[raw.arm].is_binary,
            margin=question.margin,
            higher_is_better=question.higher_is_better,
            p_value=p_value if is_adjusted else None,
            p_margin=p_margin if is_adjusted else None,
            p_beyond=p_beyond if is_adjusted else None,
            unit=question.unit,
        )
    )


def _deciding_interval(raw: _Raw, question: AnalysisQuestion) -> Interval:
    if not question.is_running:
        return raw.effect.interval
    if raw.watched is None:
        return Interval(-math.inf, math.inf, question.level)
    return raw.watched.interval


def _summary(name: str, arm: ClusteredSample, level: float) -> ArmSummary:
    return ArmSummary(name, arm.n, arm.clusters, arm.total, arm.mean, two_clustered.interval_of_mean(arm, level=level))


def _sample_ratio(arms: Mapping[str, ClusteredSample], question: AnalysisQuestion) -> SampleRatio:
    names = list(arms)
    weights = None if question.shares is None else [question.shares[name] for name in names]
    return sample_ratio.check([arms[name].clusters for name in names], weights)


def _methods(comparisons: tuple[Comparison, ...], ratio: SampleRatio) -> tuple[StatisticalMethod, ...]:
    used = [
        method
        for comparison in comparisons
        for method in (comparison.effect.method, comparison.watched and comparison.watched.method)
        if method
    ]
    if len(comparisons) > 1:
        used.append(multiplicity.HOLM)
    return tuple(dict.fromkeys([*used, ratio.method]))


def _warnings(comparisons: tuple[Comparison, ...], ratio: SampleRatio, question: AnalysisQuestion) -> tuple[str, ...]:
    warnings = [warning for comparison in comparisons for warning in comparison.effect.warnings]
    is_alarm = ratio.is_alarm_when_watched if question.is_running else ratio.is_alarm
    if is_alarm:
        warnings.insert(
            0,
            "The arms did not get their planned shares "
            f"(chi-square {ratio.chi2:.1f}, p {ratio.p_value:.2g}): drawing, sending or counting is broken. "
            "Believe no verdict before the cause is found.",
        )
    return tuple(dict.fromkeys(warnings))


def _alike(arms: Mapping[str, ClusteredSample]) -> Mapping[str, ClusteredSample]:
    """An amount stays an amount where an arm happens to hold only 0 and 1, such as no sale at all."""
    if all(arm.is_binary for arm in arms.values()):
        return arms
    return {name: replace(arm, is_binary=False) for name, arm in arms.items()}


def _check(arms: Mapping[str, ClusteredSample], question: AnalysisQuestion) -> None:
    if len(arms) < 2:
        raise ValueError("A comparison needs at least two arms.")
    if question.control not in arms:
        raise ValueError(f"There is no arm '{question.control}'; the arms are {', '.join(sorted(arms))}.")
    if question.shares is not None and set(question.shares) != set(arms):
        raise ValueError("Planned shares must name exactly the arms.")
    if question.margin is not None and question.margin >= 1 and all(arm.is_binary for arm in arms.values()):
        raise ValueError(
            f"A margin of a share must be below 1: {question.margin / 100:g} is {question.margin:g} points."
        )
