"""The same comparison within each segment: to look for ideas, not for findings."""

from __future__ import annotations

from campaigns.experiments.units import Units
from campaigns.statistics import segments as statistics
from campaigns.statistics.samples import Outcomes
from campaigns.statistics.segments import Spread

MOST = 20


def spreads(units: Units, *, control: str, at_s: float, level: float) -> dict[str, Spread]:
    """Each arm against the control in the largest twenty segments, by name; nothing where all contacts are in one."""
    if len(units.segments) < 2:
        return {}
    sizes = [(int((units.segment == index).sum()), index) for index in range(len(units.segments))]
    chosen = sorted((index for _, index in sorted(sizes, reverse=True)[:MOST]), key=units.segments.__getitem__)
    by_arm: dict[str, dict[str, Outcomes]] = {name: {} for name in units.arms}
    for index in chosen:
        for name, arm in units.clusters_of_segment(index).ripe(at_s).outcomes().items():
            by_arm[name][units.segments[index]] = arm
    base = by_arm.pop(control)
    return {name: statistics.spread(base, arms, level=level) for name, arms in by_arm.items()}
