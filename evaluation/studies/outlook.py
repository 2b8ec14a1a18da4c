"""Power of a study at the registered margin before it is launched, from its records, seeds and scatter of losses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np

from evaluation.states import SHARE_METRICS, StudyKind, StudyMetric
from evaluation.studies.design import StudyDesign
from evaluation.studies.number_wording import percent
from evaluation.studies.results import Group
from evaluation.studies.rules import rule_of
from stats import noninferiority
from stats.resampling.seed_bootstrap import pooled_variance

# What the first question of a kind is about, and what it is shown to be.
_ASKED_FIRST: Final[dict[str, tuple[str, str]]] = {
    StudyKind.SAMPLES: ("The first size below the largest", "enough"),
    StudyKind.METHODS: ("LoRA", "as good"),
    StudyKind.STUDENTS: ("The second largest student", "one that holds"),
    StudyKind.CONTEXT: ("The shorter context", "enough"),
    StudyKind.ROUTER: ("A router with its experts", "as good"),
}
ASSUMED: Final = "assumed, for no study of this task with this metric has ended"
# Of a study on the demo student (docs/studies.md), rounded up; of a share that passes, a quarter of the outputs changes sides.
ASSUMED_SCATTER: Final = {
    StudyMetric.NLL: (0.02, 0.05),
    StudyMetric.PASSES: (0.05, 0.5),
    StudyMetric.RIGHT: (0.05, 0.5),
}
# Of kinds that ask for a gain: what is shown of how large a one.
_GAINS: Final[dict[str, str]] = {
    StudyKind.FILTER: "A filter whose students are truly better by {gain} is shown to help",
    StudyKind.EXPERTS: "An expert that is truly better by {gain} is shown to be",
    StudyKind.MINUTES: "An arm whose students are truly better by {gain} is shown to make more of the minutes",
    StudyKind.CLONING: "Logits whose students are truly better by {gain} are shown to teach better",
    StudyKind.RETRIEVAL: "A miniature that is truly right on {gain} more claims is shown to be",
}


@dataclass(frozen=True)
class Scatter:
    """Standard deviations as shares of the mean loss: of runs that differ by their seed, and of one record's difference between two groups."""

    seeds: float
    records: float
    source: str


@dataclass(frozen=True)
class StudyOutlook:
    """Power of a study.

    Attributes:
        power: Chance to show within the margin what truly loses nothing; of a gain, one as large as was registered.
        shown: Largest true loss that is shown to be within the margin with a power of 80 %; below 0 where none is.
        worse: Smallest true loss that is shown to be beyond it with that power.
    """

    scatter: Scatter
    margin: float
    power: float
    shown: float
    worse: float
    sentence: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def assumed(metric: StudyMetric) -> Scatter:
    """Return what is taken where no study of the task tells it."""
    return Scatter(*ASSUMED_SCATTER[metric], ASSUMED)


def scatter_of(groups: Sequence[Group], metric: StudyMetric, *, source: str) -> Scatter | None:
    """The scatter of an earlier study's groups, neighbours compared; None where no group has two seeds or there is one group."""
    if len(groups) < 2 or all(len(group.losses) < 2 for group in groups):
        return None
    mean = float(np.mean([_whole(group, metric) for group in groups]))
    if mean <= 0:
        return None
    between = pooled_variance([group.losses for group in groups])[0] ** 0.5
    of_records = [float((one.losses.mean(axis=0) - other.losses.mean(axis=0)).var()) for one, other in pairwise(groups)]
    return Scatter(between / mean, float(np.mean(of_records)) ** 0.5 / mean, source)


def of_design(design: StudyDesign, scatter: Scatter, *, records: int) -> StudyOutlook:
    """Return what a design shows with so many scored records."""
    rule = rule_of(design)
    margin = float(rule["margin"] if design.kind == StudyKind.METHODS else rule["tolerance"])
    runs = len(design.seeds)
    # All experts together are one side of one comparison.
    groups = 2 if design.kind == StudyKind.ROUTER else len(design.places) // runs
    # What a transfer compares with was not tuned, and rules are not: they have no seeds.
    sides = 1 if design.kind in (StudyKind.TRANSFER, StudyKind.RETRIEVAL) else 2
    of_seeds = sides * scatter.seeds**2 / runs
    variance = max(of_seeds + scatter.records**2 / records, 1e-12)
    # Records are many, so only the part of the error that is reckoned from seeds has few degrees of freedom (Satterthwaite 1946).
    df = min(groups * (runs - 1) * (variance / of_seeds) ** 2 if of_seeds else 1e6, 1e6)
    if design.kind == StudyKind.TRANSFER:
        df = min(groups * (runs - 1), records - 1)
    known = {
        "margin": margin,
        "error": variance**0.5,
        "df": df,
        "alpha": (1 - rule["level"]) / 2 / _asked_at_once(design),
    }
    power = noninferiority.power(loss=-float(rule.get("gain", 0.0)), **known)
    shown = noninferiority.largest_loss_shown(**known)
    worse = noninferiority.smallest_loss_shown_beyond(**known)
    return StudyOutlook(scatter, margin, power, shown, worse, _sentence(design, power, shown, worse))


def _asked_at_once(design: StudyDesign) -> int:
    """Count simultaneous questions: pairs of a transfer; else one."""
    tasks = len(design.arms) - 1
    return tasks * (tasks - 1) if design.kind == StudyKind.TRANSFER else 1


def _whole(group: Group, metric: StudyMetric) -> float:
    return 1 - group.mean if metric in SHARE_METRICS else group.mean


def _sentence(design: StudyDesign, power: float, shown: float, worse: float) -> str:
    if design.kind in _GAINS:
        what = _GAINS[design.kind].format(gain=percent(rule_of(design)["gain"]))
        least = f"the smallest gain found with a power of 80 % is {percent(-shown)}"
        return f"{what} in {_of_hundred(power)} of such studies; {least}."
    if design.kind == StudyKind.TRANSFER:
        least = f"the smallest change found with a power of 80 % is {percent(-shown)}"
        return f"A transfer that truly lowers the loss by {percent(rule_of(design)['gain'])}, the only one there is, is shown in {_of_hundred(power)} of such studies; {least}."
    what, found = _ASKED_FIRST[design.kind]
    level = f"{what}, if it truly loses nothing, is shown to be {found} in {_of_hundred(power)} of such studies"
    least = f"with a power of 80 % the study finds a true loss of up to {percent(shown)} small enough"
    if shown <= 0:
        least = "less than the 80 % that one would want: take more seeds or records"
    beyond = (
        "" if design.kind != StudyKind.METHODS else f"; it finds LoRA worse from a true loss of {percent(worse)} on"
    )
    return f"{level}; {least}{beyond}."


def _of_hundred(share: float) -> str:
    return "more than 99\N{NO-BREAK SPACE}%" if share > 0.99 else f"{100 * share:.0f}\N{NO-BREAK SPACE}%"
