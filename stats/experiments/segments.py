"""Does the difference vary between segments of the contacts? One comparison a segment, and a test of their spread.

Segments are looked at after the fact: what is found here is a question for the next experiment, not a verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stats.experiments import analysis
from stats.intervals import distributions, multiplicity
from stats.intervals.effects import Effect, StatisticalMethod
from stats.intervals.samples import ClusteredSample
from stats.intervals.two_shares import LEVEL, check_level

COCHRAN = StatisticalMethod("Cochran's Q", "Cochran 1954, Biometrics 10(1)")


@dataclass(frozen=True, slots=True)
class SegmentEffect:
    """The difference in one segment; `adjusted_p` by Holm over the segments."""

    segment: str
    n_control: int
    n_treatment: int
    control_mean: float
    treatment_mean: float
    effect: Effect
    adjusted_p: float


@dataclass(frozen=True, slots=True)
class SegmentSpread:
    """All segments beside one another.

    Attributes:
        segments: In the order given.
        left_out: Segments in which an arm has no unit or nothing varies.
        q: Cochran's Q; None with fewer than two segments.
        df: Segments minus 1.
        p_value: Against "the difference is the same in all segments"; None without Q.
        varies: Whether that is refuted at the level.
    """

    segments: tuple[SegmentEffect, ...]
    left_out: tuple[str, ...]
    q: float | None
    df: int
    p_value: float | None
    varies: bool
    method: StatisticalMethod = COCHRAN


def spread(
    control: Mapping[str, ClusteredSample], treatment: Mapping[str, ClusteredSample], *, level: float = LEVEL
) -> SegmentSpread:
    """Compare two arms in every segment.

    Q is the sum of (d_i - d)^2 / se_i^2 with d the mean weighted by 1 / se_i^2: chi-square with segments - 1 degrees of
    freedom where the difference is everywhere the same.

    Args:
        level: Of the intervals, and of the test.

    Raises:
        ValueError: If the level is none.
    """
    check_level(level)
    names = dict.fromkeys([*control, *treatment])
    effects = {name: _effect(control.get(name), treatment.get(name), level) for name in names}
    estimable = {name: effect for name, effect in effects.items() if effect is not None}
    adjusted = multiplicity.holm([effect.p_value or 0.0 for effect in estimable.values()])
    q, p_value = _cochran(list(estimable.values()))
    return SegmentSpread(
        segments=tuple(
            SegmentEffect(name, control[name].n, treatment[name].n, control[name].mean, treatment[name].mean, effect, p)
            for (name, effect), p in zip(estimable.items(), adjusted, strict=True)
        ),
        left_out=tuple(name for name in names if name not in estimable),
        q=q,
        df=max(len(estimable) - 1, 0),
        p_value=p_value,
        varies=p_value is not None and p_value < 1 - level,
    )


def _effect(control: ClusteredSample | None, treatment: ClusteredSample | None, level: float) -> Effect | None:
    if control is None or treatment is None:
        return None
    try:
        effect = analysis.difference(control, treatment, level=level)
    except ValueError:
        # An amount that does not vary: this segment cannot be told apart, the others can.
        return None
    return effect if effect.se else None


def _cochran(effects: list[Effect]) -> tuple[float | None, float | None]:
    if len(effects) < 2:
        return None, None
    weights = [1 / (effect.se or 1.0) ** 2 for effect in effects]
    pooled = sum(
        weight * segment_effect.estimate for weight, segment_effect in zip(weights, effects, strict=True)
    ) / sum(weights)
    q = sum(
        weight * (segment_effect.estimate - pooled) ** 2
        for weight, segment_effect in zip(weights, effects, strict=True)
    )
    return q, distributions.chi2_tail(q, len(effects) - 1)
