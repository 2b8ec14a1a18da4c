"""Question and results of an experiment's analysis: plain frozen values that pages and commands read.

Nothing here computes a statistic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stats.experiments import conclusions
from stats.experiments.conclusions import Conclusion
from stats.experiments.sample_ratio import SampleRatio
from stats.intervals.effects import Effect, Interval, StatisticalMethod
from stats.intervals.two_shares import LEVEL, check_level


@dataclass(frozen=True, slots=True)
class AnalysisQuestion:
    """Question that the experiment was registered to answer.

    Attributes:
        margin: How much worse is still acceptable, as a share or in the metric's unit; None asks for superiority.
        higher_is_better: False for a metric like unsubscriptions.
        shares: Planned share of each arm, in any unit; None if all are alike.
        horizon: Draws (units, or clusters where clusters are drawn) of all arms together when the experiment ends.
        is_running: Verdicts rest on the always-valid interval while True; on the single-look one at the end.
        unit: Of a metric that is no share.
        labels: How a sentence says an arm, by arm; an arm's name where absent.
    """

    control: str
    margin: float | None = None
    higher_is_better: bool = True
    level: float = LEVEL
    shares: Mapping[str, float] | None = None
    horizon: float | None = None
    is_running: bool = False
    unit: str = ""
    labels: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        check_level(self.level)
        conclusions.check_margin(self.margin)
        if self.horizon is not None and self.horizon <= 0:
            raise ValueError("The horizon must be above 0: so many units are planned.")


@dataclass(frozen=True, slots=True)
class ArmSummary:
    """One arm by itself; `interval` is of its mean and None where nothing varies."""

    name: str
    n: int
    clusters: int
    total: float
    mean: float
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One arm against the control.

    Attributes:
        effect: Difference with the interval of a single look.
        watched: The same with the interval that holds at every look; None where it cannot be told yet.
        relative: Relative uplift; None where the control's mean is 0 or nothing varies.
        p_value: What decides: of `effect`, or of `watched` while running.
        adjusted_p: That, adjusted by Holm over all arms.
        p_margin: One-sided, against "worse by the margin or more"; None without a margin.
        adjusted_p_margin: That, adjusted by Holm.
    """

    arm: str
    effect: Effect
    watched: Effect | None
    relative: Effect | None
    p_value: float
    adjusted_p: float
    p_margin: float | None
    adjusted_p_margin: float | None
    verdict: Conclusion


@dataclass(frozen=True, slots=True)
class Analysis:
    """An experiment, analysed.

    Attributes:
        is_share: Whether the outcome is 0 or 1.
        is_clustered: Whether errors were reckoned from clusters of more than one unit.
        arms: All, the control first.
        sample_ratio: Of what was drawn: clusters if clustered.
        comparisons: The other arms in their order.
        methods: What was used, in the order of use.
        warnings: In plain words.
    """

    is_share: bool
    is_clustered: bool
    control: str
    arms: tuple[ArmSummary, ...]
    sample_ratio: SampleRatio
    comparisons: tuple[Comparison, ...]
    methods: tuple[StatisticalMethod, ...]
    warnings: tuple[str, ...]
