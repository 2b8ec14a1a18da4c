"""A run or a sweep that ended, in the words and figures of a mail. Names no text of any record."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.models import Job
from jobs.states import JobState
from training.costs.run_cost import run_cost
from training.models import Sweep, TrainingRun
from web.templatetags.figures import duration, money

WORDS = {JobState.SUCCEEDED: "is finished", JobState.FAILED: "has failed", JobState.CANCELLED: "was cancelled"}


@dataclass(frozen=True)
class EndNotice:
    """An end to tell.

    Attributes:
        figures: A line each.
        path: Page of the subject, without the site.
        needs_attention: Whether it ended badly, or left something undone.
    """

    subject: str
    sentence: str
    figures: tuple[str, ...]
    path: str
    needs_attention: bool


def describe_end(job: Job) -> EndNotice | None:
    """The end of a run's or a sweep's job; None for other jobs, and for ones that go on."""
    if job.state not in WORDS:
        return None
    if run := TrainingRun.objects.filter(job=job).select_related("task", "job").first():
        return _of(job, f"{run.name}, {run.task.name}", _figures(run), needs=job.state == JobState.FAILED)
    if sweep := Sweep.objects.filter(job=job).select_related("task").first():
        result = job.result or {}
        left = int(result.get("failed") or 0) + int(result.get("left_out") or 0)
        needs = job.state == JobState.FAILED or left > 0
        return _of(job, f"{sweep.name}, {sweep.task.name}", _sweep_figures(job), needs=needs)
    return None


def _of(job: Job, name: str, figures: tuple[str, ...], *, needs: bool) -> EndNotice:
    words = WORDS[JobState(job.state)]
    error = job.error or {}
    sentence = " ".join(part for part in (f"{name} {words}.", error.get("message"), error.get("hint")) if part)
    # A name with a line break in it would be a second header.
    subject = " ".join(f"{name} {words}".split())
    return EndNotice(subject, sentence, figures, job.subject_url, needs)


def _figures(run: TrainingRun) -> tuple[str, ...]:
    summary, cost = run.summary, run_cost(run)
    lines = [f"{run.recipe_name} on {run.student.name}"]
    if summary.get("validation_loss") is not None:
        before = summary.get("validation_loss_before")
        was = f", {before:.3f} before" if before is not None else ""
        lines.append(f"Validation loss {summary['validation_loss']:.3f}{was}")
    if summary.get("seconds"):
        lines.append(f"{summary['steps']:,} steps in {duration(summary['seconds'])} on {summary['device']}")
    lines.append(f"{duration(cost.host_seconds)} of a host{f', {money(cost.usd)}' if cost.usd is not None else ''}")
    return tuple(lines)


def _sweep_figures(job: Job) -> tuple[str, ...]:
    result = job.result or {}
    if not result:
        return ()
    lines = [f"{result['done']} runs done, {result['failed']} failed, {result['left_out']} left out by the budget"]
    if best := result.get("best"):
        lines.append(f"Best: {best['name']}, validation loss {best['validation_loss']:.4f}")
    usd = result.get("spent_usd")
    lines.append(f"{duration(result['spent_hours'] * 3600)} of hosts{f', {money(usd)}' if usd is not None else ''}")
    return tuple(lines)
