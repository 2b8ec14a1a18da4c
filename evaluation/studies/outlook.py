"""Power of a study at its margin before the launch, from its records, seeds and scatter of losses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from evaluation.states import SHARE_METRICS, StudyMetric
from evaluation.studies.design import StudyDesign
from evaluation.studies.kinds import KINDS, rule_of
from evaluation.studies.number_wording import percent
from evaluation.studies.results import Group
from stats import noninferiority
from stats.resampling.seed_bootstrap import pooled_variance

ASSUMED: Final = "assumed, for no study of this task with this metric has ended"
# Measured in a study on the demo student (docs/studies.md), rounded up; for shares, a quarter of the outputs changes
# sides.
ASSUMED_SCATTER: Final = {
    StudyMetric.NLL: (0.02, 0.05),
    StudyMetric.PASSES: (0.05, 0.5),
    StudyMetric.RIGHT: (0.05, 0.5),
}


@dataclass(frozen=True)
class Scatter:
    """Standard deviations between seeds, and of a record's difference between groups, as shares of the mean loss."""

    seeds: float
    records: float
    source: str


@dataclass(frozen=True)
class StudyOutlook:
    """Power of a study.

    Attributes:
        power: Chance to show a true loss of zero to be within the margin, or to show the registered gain.
        shown: Largest true loss shown to be within the margin with a power of 80 %; below 0 where there is none.
        worse: Smallest true loss shown to be beyond the margin with a power of 80 %.
    """

    scatter: Scatter
    margin: float
    power: float
    shown: float
    worse: float
    sentence: str


def assumed(metric: StudyMetric) -> Scatter:
    return Scatter(*ASSUMED_SCATTER[metric], ASSUMED)


def scatter_of(groups: Sequence[Group], metric: StudyMetric, *, source: str) -> Scatter | None:
    """Measure scatter between neighbouring groups of an earlier study; None for one group, or without two seeds."""
    if len(groups) < 2 or all(len(group.losses) < 2 for group in groups):
        return None
    mean = float(np.mean([1 - group.mean if metric in SHARE_METRICS else group.mean for group in groups]))
    if mean <= 0:
        return None
    between = pooled_variance([group.losses for group in groups])[0] ** 0.5
    of_records = [
        float((first.losses.mean(axis=0) - other.losses.mean(axis=0)).var()) for first, other in pairwise(groups)
    ]
    return Scatter(between / mean, float(np.mean(of_records)) ** 0.5 / mean, source)


def of_design(design: StudyDesign, scatter: Scatter, *, records: int) -> StudyOutlook:
    """Compute the power of a design with a number of scored records, or of companies where these repeat."""
    kind, rule = KINDS[design.kind], rule_of(design)
    margin = float(rule["margin"] if "margin" in rule else rule["tolerance"])
    runs = len(design.seeds)
    groups = kind.groups or len(design.places) // runs
    of_seeds = kind.sides * scatter.seeds**2 / runs
    variance = max(of_seeds + scatter.records**2 / records, 1e-12)
    # Records are many, so only the part of the error from seeds has few degrees of freedom (Satterthwaite 1946).
    df = min(groups * (runs - 1) * (variance / of_seeds) ** 2 if of_seeds else 1e6, 1e6)
    if kind.is_across_tasks:
        df = min(groups * (runs - 1), max(records - 1, 1))
    bound = {
        "margin": margin,
        "error": variance**0.5,
        "df": df,
        "alpha": (1 - rule["level"]) / 2 / _asked_at_once(design),
    }
    power = noninferiority.power(loss=-float(rule.get("gain", 0.0)), **bound)
    shown = noninferiority.largest_loss_shown(**bound)
    worse = noninferiority.smallest_loss_shown_beyond(**bound)
    return StudyOutlook(scatter, margin, power, shown, worse, _sentence(design, power, shown, worse))


def _asked_at_once(design: StudyDesign) -> int:
    """Count simultaneous tests: the pairs of a transfer, else one."""
    tasks = len(design.arms) - 1
    return tasks * (tasks - 1) if KINDS[design.kind].is_across_tasks else 1


def _sentence(design: StudyDesign, power: float, shown: float, worse: float) -> str:
    kind = KINDS[design.kind]
    if kind.gain:
        what = kind.gain.format(gain=percent(kind.rule["gain"]))
        least = f"the smallest {kind.smallest} found with a power of 80 % is {percent(-shown)}"
        return f"{what} in {_of_hundred(power)} of such studies; {least}."
    what, limit = kind.loses_nothing
    level = f"{what}, if it truly loses nothing, is shown to be {limit} in {_of_hundred(power)} of such studies"
    least = f"with a power of 80 % the study finds a true loss of up to {percent(shown)} small enough"
    if shown <= 0:
        least = "less than the 80 % that one would want: take more seeds or records"
    return f"{level}; {least}{kind.beyond.format(worse=percent(worse))}."


def _of_hundred(share: float) -> str:
    return "more than 99\N{NO-BREAK SPACE}%" if share > 0.99 else f"{100 * share:.0f}\N{NO-BREAK SPACE}%"
