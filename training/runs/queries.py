"""Questions about runs: which there are, how they went, what they said on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from jobs.models import Job, JobEvent
from members.models import Member
from review.datasets import removed_samples
from review.models import Task
from review.tasks.permissions import tasks_for
from training.models import Checkpoint, Sweep, SweepCell, TrainingRun
from training.states import RunPurpose
from web.db.keys import uuid_or_none
from web.http.first_or_404 import first_or_404

RELATED = (
    "task",
    "job",
    "student",
    "dataset_version__dataset",
    "task_version",
    "created_by",
    "miniature",
    "starts_from",
    "teacher",
)
COMPARE_AT_MOST = 6
# How pages call what a classifier measures; of several fields each stands behind its field's name.
SCORE_NAMES = {
    "accuracy": "Accuracy",
    "macro_f1": "Macro-F1",
    "mae": "Mean absolute error",
    "exact": "All fields right",
}


def visible(member: Member, *, task: Task | None = None) -> QuerySet[TrainingRun]:
    """Runs the member may see, newest first, with all a list shows, and whether their data was revoked or erased."""
    runs = TrainingRun.objects.select_related(*RELATED).order_by("-created_at", "-id")
    runs = runs.defer("dataset_version__manifest", "dataset_version__card").annotate(
        contains_revoked=removed_samples.holds_revoked("dataset_version"),
        contains_erased=removed_samples.holds_erased("dataset_version"),
    )
    return runs.filter(task=task) if task else runs.filter(task__in=tasks_for(member))


def listed(member: Member, *, task: Task) -> QuerySet[TrainingRun]:
    """Runs of a task as its list shows them: those of studies stand on their study's page."""
    return visible(member, task=task).filter(purpose=RunPurpose.MINIATURE)


def run_or_404(member: Member, run_id: UUID | str) -> TrainingRun:
    """A run, if the member may see its task."""
    return first_or_404(visible(member).filter(pk=run_id), "There is no training run with this id that you can see.")


def sweep_of_run(run: TrainingRun) -> Sweep | None:
    """The sweep that launched a run; None for one that was launched otherwise."""
    cell = SweepCell.objects.filter(run=run, is_reused=False).select_related("sweep").order_by("pk").first()
    return cell.sweep if cell else None


def of_job(job: Job) -> TrainingRun:
    """The run a job belongs to, for its kind.

    Raises:
        TrainingRun.DoesNotExist: None.
    """
    return TrainingRun.objects.select_related(*RELATED).get(job_id=job.pk)


def runs_by_id(member: Member, task: Task, ids: Sequence[str]) -> list[TrainingRun]:
    """Runs of a task by their ids, at most six, in the order asked for; ids that are none are passed over."""
    run_uuids = [run_uuid for text in ids if (run_uuid := uuid_or_none(text))][:COMPARE_AT_MOST]
    by_id = {run.pk: run for run in visible(member, task=task).filter(pk__in=run_uuids)}
    return [by_id[run_id] for run_id in dict.fromkeys(run_uuids) if run_id in by_id]


def metrics(run: TrainingRun) -> list[dict[str, Any]]:
    """The run's metrics by step. Of a step that two attempts reported the later attempt counts.

    A step's training and validation figures come in separate events; here they are one row.
    """
    return metrics_of_jobs([run.job_id])[run.job_id]


def metrics_of_jobs(job_ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """The metrics of several runs at once, by their jobs; see `metrics`."""
    rows: dict[UUID, dict[int, dict[str, Any]]] = {job_id: {} for job_id in job_ids}
    events = JobEvent.objects.filter(job_id__in=job_ids, kind="metric").order_by("fence", "seq")
    for job_id, payload in events.values_list("job_id", "payload"):
        step = payload.get("step")
        if isinstance(step, int):
            rows[job_id].setdefault(step, {}).update(payload)
    return {job_id: [steps[step] for step in sorted(steps)] for job_id, steps in rows.items()}


def samples(run: TrainingRun) -> list[dict[str, Any]]:
    """Sample outputs: for each prompt its answers over the steps, the newest first."""
    by_prompt: dict[str, dict[int, str]] = {}
    events = JobEvent.objects.filter(job_id=run.job_id, kind="sample").order_by("fence", "seq")
    for payload in events.values_list("payload", flat=True):
        by_prompt.setdefault(str(payload.get("id")), {})[int(payload.get("step", 0))] = str(payload.get("text", ""))
    return [
        {"id": prompt, "outputs": [{"step": step, "text": texts[step]} for step in sorted(texts, reverse=True)]}
        for prompt, texts in by_prompt.items()
    ]


def log_lines(run: TrainingRun, *, limit: int = 200) -> list[dict[str, Any]]:
    """The newest lines of the run's log, oldest first."""
    events = JobEvent.objects.filter(job_id=run.job_id, kind="log").order_by("-seq")[:limit]
    return [{"at": event.ts, "seq": event.seq, **event.payload} for event in reversed(events)]


def checkpoints(run: TrainingRun) -> list[Checkpoint]:
    """Saved states, newest first."""
    return list(run.checkpoints.order_by("-step"))


def latest_values(metrics: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The newest known value of each figure, and the best validation loss with its step."""
    newest: dict[str, Any] = {}
    for row in metrics:
        newest.update({key: value for key, value in row.items() if value is not None})
    validated = [row for row in metrics if row.get("val_loss") is not None]
    if validated:
        newest["first_val_loss"] = validated[0]["val_loss"]
        best = min(validated, key=lambda row: row["val_loss"])
        newest["best_val_loss"], newest["best_step"] = best["val_loss"], best["step"]
    return newest


def classifier_scores(run: TrainingRun) -> list[tuple[str, str]]:
    """Return what a classifier's run measured over its validation rows, by name, as text; nothing of other runs."""
    if not run.is_classifier:
        return []
    return [
        (_score_name(name), _score_text(name, value)) for name, value in (run.summary.get("measures") or {}).items()
    ]


def _score_name(name: str) -> str:
    for score, called in SCORE_NAMES.items():
        if name.endswith(score):
            field = name.removesuffix(score).rstrip("_")
            return f"{called} of {field}" if field else called
    return name


def _score_text(name: str, value: float) -> str:
    return f"{value:.3g}" if name.endswith(("mae", "macro_f1")) else f"{100 * value:.1f} %"
