"""Evidence for a task's miniature: its newest evaluation on a whole split, beside its teacher and with prices.

Read-only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from evaluation.evaluations import answer, costs
from evaluation.evaluations.answer import Answer, SystemRow
from evaluation.evaluations.run_inputs import tuned_name
from evaluation.models import Evaluation
from review.models import Task
from review.states import Split
from training.states import RunPurpose

MOST_EVALUATIONS: Final = 32


@dataclass(frozen=True, slots=True)
class Evidence:
    """One evaluation of a miniature.

    Attributes:
        own: The miniature as the evaluation measured it.
        teacher: The best teacher of the same evaluation; None where none was compared.
        is_newest: Whether it is of the newest run that was evaluated.
    """

    evaluation: Evaluation
    answer: Answer
    own: SystemRow
    teacher: SystemRow | None
    is_newest: bool


def of(task: Task) -> Evidence | None:
    """Return the evidence of a task's newest run evaluated on its test split, else on validation records."""
    return among(evaluations_of(task))


def among(evaluations: list[Evaluation]) -> Evidence | None:
    """Return the evidence among evaluations in the order of `evaluations_of`."""
    if not evaluations:
        return None
    newest = next((each for each in evaluations if each.split == Split.TEST), evaluations[0])
    scored = answer.of(newest.summary, own_system=tuned_name(newest.run), costs=costs.of(newest))
    if scored is None or scored.own is None:
        return None
    teacher = scored.teachers[0] if scored.teachers else None
    return Evidence(newest, scored, scored.own, teacher, newest.run_id == evaluations[0].run_id)


def evaluations_of(task: Task) -> list[Evaluation]:
    """Return finished evaluations of runs on a whole split, the newest run first, and of a run the newest first."""
    rows = (
        Evaluation.objects.filter(task=task, suite=None, run__purpose=RunPurpose.MINIATURE)
        .exclude(summary={})
        .select_related("run__miniature", "task_version", "teacher_order__teacher")
        .defer("record_ids")
        .order_by("-run__number", "-created_at")
    )
    return [row for row in rows[:MOST_EVALUATIONS] if not row.summary.get("is_exploratory")]
