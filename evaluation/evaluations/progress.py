"""Progress of a round: quality before and after on the same records, with the paired interval, as a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evaluation.evaluations import queries, tables
from evaluation.evaluations.queries import RecordScores
from evaluation.evaluations.run_inputs import base_name, tuned_name
from evaluation.models import Evaluation
from review.models import DatasetRow
from review.states import Verdict
from stats.intervals.shares import paired_difference
from training.models import TrainingRun
from training.states import RunPurpose


@dataclass(frozen=True)
class Progress:
    """Change from the round before, or from the untuned student in the first round.

    Attributes:
        edits: Edited drafts that are new in this round's dataset.
        accepts: Accepted drafts that are new in it.
        before: Share of right outputs before, 0 to 1; `after` the same of this round.
        low: Lower end of the interval of the difference.
        high: Its upper end.
        records: Held-out records that both wrote for.
        is_first: Whether it is compared with the student before tuning.
    """

    edits: int
    accepts: int
    before: float
    after: float
    low: float
    high: float
    records: int
    is_first: bool

    @property
    def is_measurable(self) -> bool:
        return self.low > 0 or self.high < 0

    @property
    def sentence(self) -> str:
        """Return the change in words, such as *Your 40 edits moved it from 71 % to 83 %*."""
        before, after, half = (round(100 * each) for each in (self.before, self.after, (self.high - self.low) / 2))
        since = " of the student before tuning" if self.is_first else ""
        base = f"on {self.records} held-out record{'' if self.records == 1 else 's'}"
        if self.is_measurable:
            return f"{self._cause} moved it from {before} %{since} to {after} % (± {half} points, {base})."
        return f"{self._cause} did not measurably move it: {before} %{since}, {after} % now (± {half} points, {base})."

    @property
    def _cause(self) -> str:
        parts = [
            f"{count:,} {word}{'' if count == 1 else 's'}"
            for count, word in ((self.edits, "edit"), (self.accepts, "accepted draft"))
            if count
        ]
        return f"Your {' and '.join(parts)}" if parts else "Tuning again on the same examples"


def of(evaluation: Evaluation) -> Progress | None:
    """Return the progress that an evaluation shows; None where nothing before it was measured on the same records."""
    if not evaluation.is_done or evaluation.summary.get("is_exploratory"):
        return None
    metric = tables.headline_metric(evaluation.summary).name
    after = queries.scores_by_record(evaluation, system=tuned_name(evaluation.run), metric=metric)
    earlier = _before(evaluation)
    system = tuned_name(earlier.run) if earlier else base_name(evaluation.run)
    before = queries.scores_by_record(earlier or evaluation, system=system, metric=metric)
    shared = [record for record in after.scores if record in before.scores]
    if len(set(_groups(after, shared))) < tables.fewest_companies(evaluation.summary):
        return None
    ones, others = [after.scores[each] for each in shared], [before.scores[each] for each in shared]
    level = tables.percent_level(evaluation.summary) / 100
    interval = paired_difference(ones, others, _groups(after, shared), level=level)
    edits, accepts = _new_rows(evaluation.run, earlier.run if earlier else None)
    mean_before, mean_after = (sum(each) / len(shared) for each in (others, ones))
    return Progress(
        edits, accepts, mean_before, mean_after, interval.low, interval.high, len(shared), is_first=earlier is None
    )


def _before(evaluation: Evaluation) -> Evaluation | None:
    """Return the newest evaluation of the round before, on the same split or suite."""
    run = evaluation.run
    rows = Evaluation.objects.filter(
        task_id=evaluation.task_id,
        split=evaluation.split,
        run__number__lt=run.number,
        run__purpose=RunPurpose.MINIATURE,
    )
    rows = rows.filter(suite_id=evaluation.suite_id) if evaluation.suite_id else rows.filter(suite=None)
    done = rows.exclude(summary={}).select_related("run__student", "run__miniature")
    newest = done.defer("record_ids").order_by("-run__number", "-created_at").first()
    return None if newest is None or newest.summary.get("is_exploratory") else newest


def _groups(scores: RecordScores, records: list[str]) -> list[str]:
    return [scores.companies[each] or each for each in records]


def _new_rows(run: TrainingRun, before: TrainingRun | None) -> tuple[int, int]:
    """Count edited and accepted drafts among a run's training examples that the run before did not learn from."""
    rows: Any = DatasetRow.objects.filter(version_id=run.dataset_version_id, split="train")
    if before is not None:
        rows = rows.exclude(draft__in=DatasetRow.objects.filter(version_id=before.dataset_version_id).values("draft"))
    verdicts = list(rows.values_list("decision__verdict", flat=True))
    return verdicts.count(Verdict.EDIT), verdicts.count(Verdict.ACCEPT)
