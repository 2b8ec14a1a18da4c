"""Carry a round on by one look: see what has ended, begin what comes next.

Looks hold no worker between them, and begin nothing twice: a round whose worker died is looked at again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from evaluation.evaluations import answer, change, start_evaluation
from evaluation.evaluations.run_inputs import tuned_name
from evaluation.models import Evaluation
from evaluation.rounds import queries
from evaluation.rounds.queries import RoundProgress
from jobs.kinds.composite import STOPPING, UNDER_WAY, Progress, notify_waiting, resume_sub_job
from jobs.lifecycle import claim, control
from jobs.models import Job
from jobs.monitor.queries import why_ended
from jobs.states import ENDED_BADLY, FINISHED, JobState
from members.models import Member
from review.models import DatasetRow
from review.states import Role, Split
from review.tasks.permissions import may
from training.models import TrainingRun
from training.runs import launch_run
from training.runs.run_request import RunRequest
from training.students import queries as students
from web.errors import Refusal

STEPS: Final = 3


@transaction.atomic
def look(round_id: UUID, *, fence: int) -> Progress:
    """Bring a round on as far as it goes now.

    Raises:
        jobs.lifecycle.claim.AttemptLost: The fence has passed on.
        Refusal: A step has failed, or cannot be begun.
    """
    current = queries.by_id(round_id)
    job = claim.lock_held(current.job.pk, fence)
    if job.state != JobState.RUNNING:
        return STOPPING
    if current.version.frozen_at is None:
        return _waiting(0, current.version.job, "Freezing")
    run = current.run or _launch(current)
    if run.job.state != JobState.SUCCEEDED:
        return _waiting(1, run.job, run.name)
    own = evaluate(run)
    if own.problem:
        raise Refusal("no_evaluation", own.problem, hint="Fix it, then train again.")
    earlier = _evaluate_earlier(current.before)
    if not own.is_done:
        return _waiting(2, queries.job_of_evaluation(own), f"Evaluation of {run.name.lower()}")
    if earlier is not None and queries.is_awaited(earlier):
        return _waiting(2, queries.job_of_evaluation(earlier), f"Evaluation of {earlier.run.name.lower()}")
    return Progress(STEPS, STEPS, "")


def conclude(round_id: UUID, *, fence: int) -> dict[str, Any]:
    """Compare the new run with the one before it.

    Returns:
        The outcome as the job keeps it; `queries.sentence_of` words it.

    Raises:
        jobs.lifecycle.claim.AttemptLost: The fence has passed on.
    """
    with transaction.atomic():
        current = queries.by_id(round_id)
        claim.lock_held(current.job.pk, fence)
        own = current.evaluation
        assert own is not None
        result = answer.of(own.summary, own_system=tuned_name(own.run))
        quality = result.own.quality if result and result.own else {"value": "–", "interval": ""}
        earlier = queries.evaluation_of(current.before) if current.before else None
        changed = change.between(own, earlier) if earlier and earlier.is_done else None
        return {
            "run": str(own.run_id),
            "evaluation": str(own.pk),
            "records": result.records if result else 0,
            "verb": result.verb if result else "",
            "value": quality["value"],
            "interval": quality["interval"],
            "new_examples": _new_examples(current),
            "change": asdict(changed) if changed else None,
        }


def on_step_ended(job: Job) -> None:
    """A step may have ended: ring for the round that waits for it. Consumes ends of freezing, runs and evaluations."""
    notify_waiting(queries.waiting_for(job))


def has_news(round_id: UUID) -> bool:
    """Return whether nothing that the round waits for is still under way."""
    return all(job.state in FINISHED for job in queries.by_id(round_id).sub_jobs)


def jobs_under_way(round_id: UUID, *, with_shared: bool) -> Iterator[Job]:
    """Yield the jobs of a round; the freeze, which others may wait for too, only if `with_shared`."""
    current = queries.by_id(round_id)
    for job in current.sub_jobs:
        if with_shared or job != current.version.job:
            yield job


def forget_problems(round_id: UUID) -> None:
    """A round that is set going again goes on with the step that failed."""
    for job in queries.by_id(round_id).sub_jobs:
        if job.state == JobState.FAILED:
            control.resume(job, by=None)


def _launch(current: RoundProgress) -> TrainingRun:
    spec, by = current.job.spec, current.job.created_by
    request = RunRequest(dataset_version=current.version, student=students.by_slug(spec["student"]))
    return launch_run.launch(
        request, recipe=spec["recipe"], overrides=spec["overrides"], by=_lead(by, current), sample=None
    )


def _lead(member: Member | None, current: RoundProgress) -> Member | None:
    """Return the member who ordered the round; None, the product itself, once they no longer lead the task."""
    return member if member and may(member, current.version.dataset.task, Role.LEAD) else None


def evaluate(run: TrainingRun, *, most_teacher_usd: Decimal | None = None) -> Evaluation:
    """The run's evaluation on validation records, begun where there is none; once, whoever begins it.

    Args:
        most_teacher_usd: As of `start_evaluation.start`.
    """
    # The row under which `start_evaluation.start_after_run` begins one too.
    Job.objects.select_for_update().get(pk=run.job_id)
    evaluation = queries.evaluation_of(run) or start_evaluation.start(
        run, by=None, split=Split.VALIDATION, most_teacher_usd=most_teacher_usd
    )
    order = evaluation.teacher_order
    if evaluation.job is None and order and order.job and order.job.state in FINISHED:
        evaluation.job = start_evaluation.launch_engine(evaluation)
    return evaluation


def _evaluate_earlier(run: TrainingRun | None) -> Evaluation | None:
    """The evaluation of the run before; None where it cannot be evaluated: then nothing can be compared."""
    if run is None:
        return None
    try:
        with transaction.atomic():
            return evaluate(run)
    except Refusal:
        return None


def _waiting(done: int, job: Job | None, called: str) -> Progress:
    """Report the step that a round waits for.

    Raises:
        Refusal: The step has failed or was cancelled.
    """
    if job is None:
        return Progress(done, STEPS, f"{called} {UNDER_WAY}")
    if job.state in ENDED_BADLY:
        raise Refusal("round_step_failed", why_ended(job), hint="Resume this job, or train again.")
    resume_sub_job(job)
    is_paused = job.state == JobState.PAUSED
    return Progress(done, STEPS, f"{called} {'is paused' if is_paused else UNDER_WAY}")


def _new_examples(current: RoundProgress) -> int:
    """Training examples that the run before did not have."""
    rows = DatasetRow.objects.filter(version=current.version, split=Split.TRAIN)
    if current.before is not None:
        earlier_rows = DatasetRow.objects.filter(version=current.before.dataset_version, split=Split.TRAIN)
        rows = rows.exclude(row_hash__in=earlier_rows.values("row_hash"))
    return rows.count()
