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
from evaluation.models import Evaluation, Suite
from evaluation.states import DEFAULT_BASELINES
from evaluation.suites import derive
from evaluation.suites import queries as suite_queries
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
    suite: Suite | None = None,
    most_teacher_usd: Decimal | None = None,
) -> Evaluation:
    """Order an evaluation of a run that succeeded.

    Args:
        by: A lead of its task; None when the product does it by itself.
        split: Which records; the test split is for `open_test_split` alone, which counts.
        baselines: What the run is compared with beside its bare base; None for `DEFAULT_BASELINES`.
        suite: Of whose cases; None for the split's records.
        most_teacher_usd: What the teacher's texts may cost, where that is less than `EVALUATION_TEACHER_BUDGET_USD`.

    Returns:
        The evaluation. Its job is there at once when the teacher has nothing to write, else later.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409 when the run has no miniature yet or the suite is not what was frozen, 422 when no record is held
            out, or the suite is of another task.
    """
    if by is not None:
        require(by, run.task, Role.LEAD)
    if run.job.state != JobState.SUCCEEDED:
        raise Refusal(
            "run_not_done",
            f"{run.name} has not succeeded, so it cannot be evaluated.",
            hint="Wait until it has ended, or resume it.",
            status=409,
        )
    ids, records_hash = _suite_cases(suite, run) if suite else _held_out(run, split)
    evaluation = Evaluation(
        task=run.task,
        run=run,
        dataset_version=run.dataset_version,
        task_version=run.task_version,
        split=split,
        suite=suite,
        baselines=[str(name) for name in (DEFAULT_BASELINES if baselines is None else baselines)],
        record_ids=ids,
        records_hash=records_hash,
        created_by=by,
    )
    usual_usd = Decimal(str(settings.EVALUATION_TEACHER_BUDGET_USD))
    most_usd = usual_usd if most_teacher_usd is None else min(usual_usd, most_teacher_usd)
    evaluation.teacher_order, evaluation.teacher_note = _teacher_order(evaluation, most_usd)
    evaluation.save()
    order = evaluation.teacher_order
    if order is None or (order.job and JobState(order.job.state) in FINISHED):
        evaluation.job = launch_engine(evaluation)
    return evaluation


def _held_out(run: TrainingRun, split: Split) -> tuple[list[str], str]:
    ids = [str(record) for record in inputs.held_out(run.task, split, limit=settings.EVALUATION_MAX_RECORDS)]
    if not ids:
        raise Refusal(
            "no_held_out_records",
            f"The task '{run.task.name}' has no record in its {split} split.",
            hint="Import more records: the split of a record never changes.",
        )
    return ids, _hash(ids)


def _suite_cases(suite: Suite, run: TrainingRun) -> tuple[list[str], str]:
    """Ids of a suite's records without erased ones, and their hash; with changed facts the hash of the facts."""
    if suite.task_id != run.task_id:
        raise Refusal(
            "suite_of_another_task", f"The suite '{suite.name}' is of another task.", hint="Choose one of this task."
        )
    cases, rules = suite_queries.cases_left(suite), suite_queries.rules_of(suite)
    if not cases:
        raise Refusal(
            "no_held_out_records",
            f"Every record of the suite '{suite.name}' was erased since.",
            hint="Freeze a new suite.",
        )
    if suite_queries.changes_facts(suite):
        return list(cases), derive.content_hash([(record, rules[record], facts) for record, facts in cases.items()])
    return list(cases), _hash(list(cases))


def _hash(ids: list[str]) -> str:
    return hashlib.sha256("".join(ids).encode()).hexdigest()


@transaction.atomic
def start_after_run(job: Job) -> None:
    """After each run: consumes the end of a training job.

    What stands in the way is kept as the evaluation's problem.
    """
    run = TrainingRun.objects.filter(job=job).select_related("task", "dataset_version", "task_version", "job").first()
    # A study and a sweep score their own runs.
    if (
        not settings.EVALUATE_AFTER_RUNS
        or run is None
        or job.state != JobState.SUCCEEDED
        or run.purpose != RunPurpose.MINIATURE
        # A round may have begun it first; the job's row, which is locked here, makes it one.
        or Evaluation.objects.filter(run=run, suite=None, split=Split.VALIDATION).exists()
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


def _teacher_order(evaluation: Evaluation, most_usd: Decimal) -> tuple[Order | None, str]:
    if evaluation.suite is not None and suite_queries.changes_facts(evaluation.suite):
        return None, "The teacher writes for records as they were imported, so it is not compared on changed facts."
    teacher = inputs.teacher_of(evaluation.dataset_version)
    if teacher is None:
        return None, "No active teacher wrote any text of this dataset version, so none is compared."
    earlier = inputs.earlier_order(teacher, evaluation.task_version, evaluation.record_ids, most_usd=most_usd)
    if earlier is not None:
        return earlier, ""
    return _new_order(evaluation, teacher, [UUID(record) for record in evaluation.record_ids], most_usd)


def _new_order(
    evaluation: Evaluation, teacher: Teacher, records: list[UUID], most_usd: Decimal
) -> tuple[Order | None, str]:
    try:
        with transaction.atomic():
            order = generation_orders.launch_as_priced(
                generation_orders.OrderRequest(
                    evaluation.task,
                    teacher=teacher,
                    count=len(records),
                    by=None,
                    record_ids=records,
                    version=evaluation.task_version,
                    purpose=Purpose.EVALUATION,
                    max_cost_usd=most_usd,
                )
            )
    except Refusal as refusal:
        return None, f"The teacher {teacher.name} did not write: {refusal.message}"[:300]
    return order, ""
