"""Change from one run to the next: the same records answered by both, paired, with the interval of the difference."""

from __future__ import annotations

import json
from dataclasses import dataclass

from evaluation.evaluations import queries, tables
from evaluation.evaluations.run_inputs import base_name, tuned_name
from evaluation.models import Evaluation
from stats.experiments.number_wording import NumberWording, wording_for
from stats.intervals import shares

# Parts of a task on which its scores depend; others only ask for the text in another way.
_DECIDES_SCORES = ("input_schema", "output_schema", "offer", "language", "slots", "checks")


@dataclass(frozen=True, slots=True)
class Change:
    """Change of the share that a task is judged by; shares of 0 to 1.

    Attributes:
        low: Lower end of the 95 % interval of the difference; `high` is the upper end.
        records: Records that both runs answered.
        is_enough: Whether so many independent records allow a verdict at all.
    """

    before: float
    now: float
    low: float
    high: float
    records: int
    is_enough: bool

    @property
    def is_measurable(self) -> bool:
        return self.is_enough and (self.low > 0 or self.high < 0)

    @property
    def words(self) -> NumberWording:
        """Return numbers so fine that an end of the interval beside zero does not read as zero."""
        ends = self.low, self.high
        return wording_for((self.high - self.low) / 2, is_share=True, bounds=ends, lines=[0.0])

    @property
    def interval(self) -> str:
        return f"difference {self.words.number(self.low)} to {self.words.gap(self.high)}"

    @property
    def figures(self) -> str:
        """Both shares and the interval of their difference.

        *from 71.0 to 83.0 % (difference 7.0 to 17.0 points) on 120 validation records*, or *71.0 % before, 73.0 % now*
        where it shows nothing.
        """
        before, now = self.words.number(self.before), self.words.level(self.now)
        both = f"from {before} to {now}" if self.is_measurable else f"{before} % before, {now} now"
        return f"{both} ({self.interval}) on {self.records:,} validation records"


def between(evaluation: Evaluation, earlier: Evaluation | None, *, level: float = shares.LEVEL) -> Change | None:
    """The change from an earlier run's evaluation to a later one's.

    None where they share no scored record, or were scored in different ways, as by other checks.

    Args:
        earlier: None to compare with the student before tuning.
        level: Level of the interval.
    """
    metric = tables.headline_metric(evaluation.summary).name
    system = tuned_name(earlier.run) if earlier else base_name(evaluation.run)
    now = queries.scores_by_record(evaluation, system=tuned_name(evaluation.run), metric=metric)
    before = queries.scores_by_record(earlier or evaluation, system=system, metric=metric)
    common = sorted(now.scores.keys() & before.scores.keys())
    if not common or (earlier and scored_by(evaluation) != scored_by(earlier)):
        return None
    ones, others = ([each.scores[record] for record in common] for each in (now, before))
    companies = [now.companies[record] or record for record in common]
    interval = shares.paired_difference(ones, others, companies, level=level)
    return Change(
        before=sum(others) / len(common),
        now=sum(ones) / len(common),
        low=interval.low,
        high=interval.high,
        records=len(common),
        is_enough=len(set(companies)) >= tables.fewest_companies(evaluation.summary),
    )


def scored_by(evaluation: Evaluation) -> tuple[str, int]:
    """Return what its scores depend on beside the records; with another they are not compared."""
    parts = evaluation.task_version.spec.model_dump(mode="json", include=set(_DECIDES_SCORES))
    return json.dumps(parts, sort_keys=True), evaluation.summary.get("measured_as", 1)
