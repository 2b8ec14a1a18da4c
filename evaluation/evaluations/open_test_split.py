"""Open a task's test split for a run: an act of its own, counted, since each look spends some of what it can prove.

The first opening fixes how many are planned, K. Each of those has intervals at level 1 - 0.05 / K (Bonferroni 1936;
Dunn 1961, JASA 56(293)), so that all K together mislead in at most 5 % of cases. What comes after K is exploratory:
shown, without a verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.db import transaction

from audit import trail
from evaluation.evaluations import start_evaluation
from evaluation.models import Evaluation, SplitOpening
from members.models import Member
from review.models import Task
from review.states import Role, Split
from review.tasks.permissions import require
from training.models import TrainingRun
from web.errors import Refusal

MOST_PLANNED: Final = 20


@transaction.atomic
def open_test_split(
    run: TrainingRun, *, by: Member, planned: int | None = None, baselines: Sequence[str] | None = None
) -> Evaluation:
    """Order an evaluation of a run on the test split, and count it.

    Openings of one task come one after the other: the task's row is locked.

    Args:
        run: A run that succeeded.
        planned: How many openings of this test split are planned in all; needed for the first, fixed after it.
        baselines: What the run is compared with; None for what an evaluation has by default.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 422 without a number of planned openings; 409 where another was fixed, or this run was opened on these
            records before; and what `start_evaluation.start` refuses.
    """
    require(by, run.task, Role.LEAD)
    task = Task.objects.select_for_update().get(pk=run.task_id)
    earlier = list(SplitOpening.objects.filter(task=task).select_related("evaluation__job").order_by("number"))
    fixed = _planned(earlier[0] if earlier else None, planned)
    evaluation = start_evaluation.start(run, by=by, split=Split.TEST, baselines=baselines)
    if any(_is_same(opening.evaluation, evaluation) for opening in earlier):
        raise Refusal(
            "already_opened",
            f"{run.name} was evaluated on these test records before.",
            hint="Its evaluation is kept, and can be resumed if it failed: "
            "another look would add nothing and use up an opening.",
            status=409,
        )
    number = len(earlier) + 1
    SplitOpening.objects.create(task=task, evaluation=evaluation, number=number, planned=fixed, created_by=by)
    trail.record("test_split_opened", by=by, about=run, task=task.slug, number=number, planned=fixed)
    return evaluation


def _planned(first: SplitOpening | None, planned: int | None) -> int:
    if first is None:
        if planned is None or not 1 <= planned <= MOST_PLANNED:
            raise Refusal(
                "planned_openings_missing",
                "The first opening of a test split fixes how many are planned.",
                hint=f"Give a number from 1 to {MOST_PLANNED}: the more, the wider each interval.",
                status=422,
            )
        return planned
    if planned is not None and planned != first.planned:
        raise Refusal(
            "planned_openings_fixed",
            f"{first.planned} opening{'s were' if first.planned > 1 else ' was'} planned when this test split was "
            "first opened; that stays.",
            hint="Leave the number out.",
            status=409,
        )
    return first.planned


def _is_same(first: Evaluation, second: Evaluation) -> bool:
    """Ignore cancelled evaluations, which showed nothing."""
    return first.run_id == second.run_id and first.records_hash == second.records_hash and not first.is_cancelled
