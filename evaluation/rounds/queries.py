"""Questions about rounds: the last one of a task, how far it is, and what it came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Max, QuerySet

from evaluation.evaluations.change import Change
from evaluation.models import Evaluation
from jobs.models import Job
from jobs.states import CLAIMABLE, ENDED_BADLY, FINISHED, JobState
from review.models import DatasetVersion, Task
from review.states import Split
from training.models import TrainingRun
from training.states import RunPurpose

KIND: Final = "round"


@dataclass(frozen=True, slots=True)
class RoundStep:
    """One step of a round, as its page lists it; a step without a job has not begun."""

    label: str
    job: Job | None
    is_current: bool


@dataclass(frozen=True, slots=True)
class RoundProgress:
    """A round by its job, and the rows that it has made so far."""

    job: Job
    version: DatasetVersion
    run: TrainingRun | None
    before: TrainingRun | None

    @property
    def evaluation(self) -> Evaluation | None:
        return evaluation_of(self.run) if self.run else None

    @property
    def is_under_way(self) -> bool:
        return self.job.state not in FINISHED

    @property
    def sub_jobs(self) -> list[Job]:
        """Jobs that it has set going or waits for, in their order."""
        runs = [
            each for each in (self.run, self.before) if each and self.run and self.run.job.state == JobState.SUCCEEDED
        ]
        evaluating = [job_of_evaluation(evaluation) for run in runs if (evaluation := evaluation_of(run))]
        own = [self.version.job, self.run.job if self.run else None, *evaluating]
        return [job for job in own if job is not None]

    @property
    def steps(self) -> list[RoundStep]:
        evaluation = self.evaluation
        jobs = (
            ("Freeze what is approved", self.version.job),
            ("Tune the encoder", self.run.job if self.run else None),
            ("Evaluate on validation records", job_of_evaluation(evaluation) if evaluation else None),
        )
        begun = [job for _, job in jobs if job]
        current = begun[-1] if begun and self.is_under_way else None
        return [RoundStep(label, job, job is not None and job is current) for label, job in jobs]

    @property
    def sentence(self) -> str:
        """The result in a sentence; empty while there is none."""
        return sentence_of(self.job.result or {}) if self.job.state == JobState.SUCCEEDED else ""


def sentence_of(result: dict[str, Any]) -> str:
    """Word the result of a round: the change with its interval, or that none can be measured yet."""
    if not result:
        return ""
    if result.get("change") is None:
        share = f"{result['value']} ({result['interval']})" if result["interval"] else result["value"]
        return f"This miniature {result['verb']} {share} of {result['records']:,} validation records."
    change, added = Change(**result["change"]), int(result.get("new_examples") or 0)
    examples = f"{added:,} new example{'' if added == 1 else 's'}" if added else "The same examples"
    if change.is_measurable:
        return f"{examples} moved it {change.figures}."
    return f"No measurable change yet: {change.figures}, {'with ' + examples if added else 'with the same examples'}."


def last(task: Task) -> RoundProgress | None:
    job = Job.objects.filter(kind=KIND, task_slug=task.slug).order_by("-created_at").first()
    return of_job(job) if job else None


def under_way(task: Task) -> Job | None:
    """The round of a task that has not ended."""
    return Job.objects.filter(kind=KIND, task_slug=task.slug).exclude(state__in=FINISHED).first()


def by_id(round_id: UUID) -> RoundProgress:
    """A round for its job, which is no member's.

    Raises:
        Job.DoesNotExist: None.
    """
    return of_job(Job.objects.get(kind=KIND, subject_id=round_id))


def of_job(job: Job) -> RoundProgress:
    """A round with its rows as they are now."""
    version = DatasetVersion.objects.select_related("job", "dataset__task").defer("manifest", "card")
    runs = TrainingRun.objects.select_related("job", "task", "student", "dataset_version", "task_version")
    own = runs.filter(
        dataset_version=job.spec["version"],
        student__slug=job.spec["student"],
        recipe_name=job.spec["recipe"],
        number__gt=job.spec["after_run"],
        purpose=RunPurpose.MINIATURE,
    )
    before = job.spec["before"]
    return RoundProgress(
        job,
        version.get(pk=job.spec["version"]),
        own.order_by("number").first(),
        runs.filter(pk=before).first() if before else None,
    )


def newest_number(task: Task) -> int:
    """Number of a task's newest run, of any purpose; 0 where there is none."""
    return TrainingRun.objects.filter(task=task).aggregate(top=Max("number"))["top"] or 0


def evaluations_of(run: TrainingRun) -> QuerySet[Evaluation]:
    """Evaluations of a run on its task's validation records, newest first."""
    rows = Evaluation.objects.filter(run=run, suite=None, split=Split.VALIDATION).order_by("-created_at")
    return rows.select_related("job", "teacher_order__job", "run__student")


def evaluation_of(run: TrainingRun) -> Evaluation | None:
    """The evaluation of a run on its task's validation records: a finished one before one that is under way."""
    newest = list(evaluations_of(run)[:10])
    return next((each for each in newest if each.is_done), newest[0] if newest else None)


def job_of_evaluation(evaluation: Evaluation) -> Job | None:
    """The job that an evaluation waits for: its own, or its teacher's before."""
    return evaluation.job or (evaluation.teacher_order.job if evaluation.teacher_order else None)


def is_awaited(evaluation: Evaluation) -> bool:
    """Return whether an evaluation may still end well by itself."""
    job = job_of_evaluation(evaluation)
    return not (evaluation.is_done or evaluation.problem or job is None or job.state in ENDED_BADLY)


def waiting_for(job: Job) -> list[tuple[UUID, str]]:
    """Jobs of rounds, with their queues, that may wait for a job of the same task."""
    rounds = Job.objects.filter(kind=KIND, task_slug=job.task_slug, state__in=CLAIMABLE)
    return list(rounds.values_list("pk", "queue"))
