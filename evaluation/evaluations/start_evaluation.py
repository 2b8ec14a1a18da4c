"""Order an evaluation: choose the records, have the teacher write afresh, then start the engine.

Two steps that each stand in the database, so that a crash between them loses nothing: the evaluation with the teacher's
order first, the engine's job when that order has ended. Knows nothing of scores.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from evaluation.evaluations import inputs
from evaluation.models import Evaluation
from evaluation.states import DEFAULT_BASELINES
from generation.models import Order, Teacher
from generation.orders import launch as generation_orders
from generation.states import Purpose
from jobs.lifecycle import control
from jobs.models import Job
from jobs.states import FINISHED, JobState
from members.models import Member
from review.states import Role, Split
from review.tasks.permissions import require
from training.models import TrainingRun
from training.states import RunPurpose
from web.errors import Refusal

KIND = "evaluation"


@transaction.atomic
def start(
    run: TrainingRun,
    *,
    by: Member | None,
    split: Split = Split.VALIDATION,
    baselines: Sequence[str] | None = None,
) -> Evaluation:
    """Order an evaluation of a run that succeeded.

    Args:
        run: The run.
        by: A lead of its task; None when the product does it by itself.
        split: Which records; the test split is for `open_test_split` alone, which counts.
        baselines: What the run is compared with beside its bare base; None for `DEFAULT_BASELINES`.

    Returns:
        The evaluation. Its job is there at once when the teacher has nothing to write, else later.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409 when the run has no miniature yet, 422 when no record is held out.
    """
    if by is not None:
        require(by, run.task, Role.LEAD)
    if run.job.state != JobState.SUCCEEDED:
        raise Refusal(
            "run_not_done",
            f"{run.name} has not succeeded, so there is nothing to evaluate.",
            hint="Wait until it has ended, or resume it.",
            status=409,
        )
    records = inputs.held_out(run.task, split, limit=settings.EVALUATION_MAX_RECORDS)
    if not records:
        raise Refusal(
            "no_held_out_records",
            f"The task '{run.task.name}' has no record in its {split} split.",
            hint="Import more records: each is put into a split once and for ever.",
        )
    ids = [str(record) for record in records]
    evaluation = Evaluation(
        task=run.task,
        run=run,
        dataset_version=run.dataset_version,
        task_version=run.task_version,
        split=split,
        baselines=[str(name) for name in (DEFAULT_BASELINES if baselines is None else baselines)],
        record_ids=ids,
        records_hash=hashlib.sha256("".join(ids).encode()).hexdigest(),
        created_by=by,
    )
    evaluation.teacher_order, evaluation.teacher_note = _teacher_order(evaluation, records)
    evaluation.save()
    order = evaluation.teacher_order
    if order is None or (order.job and JobState(order.job.state) in FINISHED):
        evaluation.job = launch_engine(evaluation)
    return evaluation


@transaction.atomic
def start_after_run(job: Job) -> None:
    """After each run: consumes the end of a training job. What stands in the way is kept as the evaluation's problem."""
    run = TrainingRun.objects.filter(job=job).select_related("task", "dataset_version", "task_version", "job").first()
    # A study and a sweep score their own runs.
    if (
        not settings.EVALUATE_AFTER_RUNS
        or run is None
        or job.state != JobState.SUCCEEDED
        or run.purpose != RunPurpose.MINIATURE
    ):
        return
    try:
        with transaction.atomic():
            start(run, by=None)
    except Refusal as refusal:
        Evaluation.objects.create(
            task=run.task,
            run=run,
            dataset_version=run.dataset_version,
            task_version=run.task_version,
            split=Split.VALIDATION,
            problem=f"{refusal.message} {refusal.hint}"[:300],
        )


def continue_after_teacher(job: Job) -> None:
    """After a teacher's order for an evaluation: consumes the end of a generation job."""
    for evaluation in Evaluation.objects.filter(teacher_order__job=job, job__isnull=True):
        launch_engine(evaluation)


@transaction.atomic
def launch_engine(evaluation: Evaluation) -> Job:
    """Start the engine of an evaluation; once."""
    evaluation = Evaluation.objects.select_for_update(of=("self",)).select_related("run", "task").get(pk=evaluation.pk)
    if evaluation.job is not None:
        return evaluation.job
    job = control.launch(
        kind=KIND,
        title=f"Evaluate {evaluation.run.name.lower()}",
        spec={"evaluation": str(evaluation.pk)},
        by=evaluation.created_by,
        task_slug=evaluation.task.slug,
        subject_id=evaluation.pk,
        subject_url=reverse("evaluation:detail", args=[evaluation.pk]),
    )
    evaluation.job = job
    evaluation.save(update_fields=["job"])
    return job


def _teacher_order(evaluation: Evaluation, records: list[UUID]) -> tuple[Order | None, str]:
    """An order that has the teacher write for exactly these records: an earlier one of the same, or a new one."""
    teacher = inputs.teacher_of(evaluation.dataset_version)
    if teacher is None:
        return None, "No active teacher wrote any text of this dataset version, so none is compared."
    earlier = inputs.earlier_order(teacher, evaluation.task_version, evaluation.record_ids)
    if earlier is not None:
        return earlier, ""
    return _new_order(evaluation, teacher, records)


def _new_order(evaluation: Evaluation, teacher: Teacher, records: list[UUID]) -> tuple[Order | None, str]:
    try:
        with transaction.atomic():
            order = generation_orders.launch(
                generation_orders.OrderRequest(
                    evaluation.task,
                    teacher=teacher,
                    count=len(records),
                    by=None,
                    record_ids=records,
                    version=evaluation.task_version,
                    purpose=Purpose.EVALUATION,
                    max_cost_usd=Decimal(str(settings.EVALUATION_TEACHER_BUDGET_USD)),
                )
            )
    except Refusal as refusal:
        return None, f"The teacher {teacher.name} did not write: {refusal.message}"[:300]
    return order, ""
