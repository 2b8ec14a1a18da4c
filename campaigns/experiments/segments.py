"""The same comparison within each segment: to look for ideas, not for findings. Adjusted by Holm over all of them."""

from __future__ import annotations

from dataclasses import dataclass

from campaigns.experiments.units import Units
from campaigns.statistics import analysis, multiplicity
from campaigns.statistics.results import Effect
from campaigns.statistics.samples import Outcomes

MOST = 20


@dataclass(frozen=True, slots=True)
class SegmentLine:
    """One arm against the control within one segment.

    Attributes:
        segment: Its name, empty for contacts in none.
        n: Contacts of arm and control there.
        mean: Share of the arm, with `control_mean`.
        effect: The difference by a single look's interval.
        adjusted_p: Against no difference, by Holm over all lines.
    """

    segment: str
    arm: str
    n: int
    control_n: int
    mean: float
    control_mean: float
    effect: Effect
    adjusted_p: float


def lines(units: Units, *, control: str, at_s: float, level: float) -> list[SegmentLine]:
    """The largest twenty segments, by name; none where all contacts are in one."""
    if len(units.segments) < 2:
        return []
    sizes = [(int((units.segment == index).sum()), index) for index in range(len(units.segments))]
    chosen = sorted((index for _, index in sorted(sizes, reverse=True)[:MOST]), key=units.segments.__getitem__)
    found: list[tuple[str, str, Outcomes, Outcomes, Effect]] = []
    for index in chosen:
        arms = units.clusters_of_segment(index).ripe(at_s).outcomes()
        base = arms.pop(control, None)
        if base is None:
            continue
        for name, arm in arms.items():
            if (effect := _effect(base, arm, level)) is not None:
                found.append((units.segments[index], name, base, arm, effect))
    adjusted = multiplicity.holm([1.0 if each[4].p_value is None else each[4].p_value for each in found])
    return [
        SegmentLine(segment, name, arm.n, base.n, arm.mean, base.mean, effect, p)
        for (segment, name, base, arm, effect), p in zip(found, adjusted, strict=True)
    ]


def _effect(control: Outcomes, arm: Outcomes, level: float) -> Effect | None:
    try:
        return analysis.difference(control, arm, level=level)
    except ValueError:
        return None
