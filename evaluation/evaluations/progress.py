"""Progress of a round: quality before and after on the same records, with the paired interval, as a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evaluation.evaluations import change, tables
from evaluation.evaluations.change import Change
from evaluation.models import Evaluation
from review.models import DatasetRow
from review.states import Verdict
from training.models import TrainingRun
from training.states import RunPurpose


@dataclass(frozen=True)
class Progress:
    """Change from the round before, or from the untuned student in the first round.

    Attributes:
        edits: Edited drafts that are new in this round's dataset.
        accepts: Accepted drafts that are new in it.
        is_first: Whether it is compared with the student before tuning.
    """

    edits: int
    accepts: int
    change: Change
    is_first: bool

    @property
    def sentence(self) -> str:
        """Return the change in words, such as *Your 40 edits moved it from 71.0 % to 83.0 %*."""
        shown = self.change
        before, after = (shown.words.level(share) for share in (shown.before, shown.now))
        since = " of the student before tuning" if self.is_first else ""
        base = f"{shown.interval}, on {shown.records} held-out record{'' if shown.records == 1 else 's'}"
        if shown.is_measurable:
            return f"{self._cause} moved it from {before}{since} to {after} ({base})."
        return f"{self._cause} did not measurably move it: {before}{since or ' before'}, {after} now ({base})."

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
    earlier = _before(evaluation)
    shown = change.between(evaluation, earlier, level=tables.percent_level(evaluation.summary) / 100)
    if shown is None or not shown.is_enough:
        return None
    return Progress(*_new_rows(evaluation.run, earlier.run if earlier else None), shown, is_first=earlier is None)


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
    done = rows.exclude(summary={}).select_related("run__student", "run__miniature", "task_version")
    newest = done.defer("record_ids").order_by("-run__number", "-created_at").first()
    return None if newest is None or newest.summary.get("is_exploratory") else newest


def _new_rows(run: TrainingRun, before: TrainingRun | None) -> tuple[int, int]:
    """Count edited and accepted drafts among a run's training examples that the run before did not learn from."""
    rows: Any = DatasetRow.objects.filter(version_id=run.dataset_version_id, split="train")
    if before is not None:
        rows = rows.exclude(draft__in=DatasetRow.objects.filter(version_id=before.dataset_version_id).values("draft"))
    verdicts = list(rows.values_list("decision__verdict", flat=True))
    return verdicts.count(Verdict.EDIT), verdicts.count(Verdict.ACCEPT)
