"""`manage.py export_metrics`: write runs for TensorBoard, or log them to MLflow. May be run again at any time."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.models import JobEvent
from training.models import TrainingRun
from training.tracking import mlflow, tensorboard
from training.tracking.figures import TrackedRun, figures_of, totals_of


class Command(BaseCommand):
    help = "Export figures of training runs to TensorBoard's event files or to MLflow."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("runs", nargs="*", metavar="RUN", help="Ids of runs.")
        parser.add_argument("--task", metavar="SLUG", help="All runs of a task.")
        parser.add_argument("--sweep", metavar="ID", help="All runs of a sweep.")
        parser.add_argument("--tensorboard", metavar="FOLDER", type=Path, help="A log folder; a folder a run in it.")
        parser.add_argument("--mlflow", metavar="URI", help="Tracking URI, such as http://127.0.0.1:5000.")
        parser.add_argument("--experiment", default="miniatures", help="MLflow's experiment (miniatures).")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["tensorboard"] and not options["mlflow"]:
            raise CommandError("Say where to: --tensorboard FOLDER, --mlflow URI, or both.")
        runs = _chosen(options)
        if not runs:
            raise CommandError("No run matches. Give ids of runs, --task SLUG or --sweep ID.")
        for run in runs:
            self._export(run_to_track(run), options)

    def _export(self, run: TrackedRun, options: dict[str, Any]) -> None:
        try:
            if options["tensorboard"]:
                folder = tensorboard.write(options["tensorboard"], run)
                self.stdout.write(f"{run.name}: {len(run.figures)} figures in {folder}")
            if options["mlflow"]:
                made = mlflow.log(run, tracking_uri=options["mlflow"], experiment=options["experiment"])
                self.stdout.write(f"{run.name}: {len(run.figures)} figures in MLflow, run {made}")
        except ImportError as error:
            message = f"The package {error.name} is not installed: pip install 'miniatures[tracking]'."
            raise CommandError(message) from error
        except OSError as error:
            raise CommandError(f"{run.name} cannot be written: {error}") from error


def _chosen(options: dict[str, Any]) -> list[TrainingRun]:
    runs = TrainingRun.objects.select_related("task", "student", "dataset_version__dataset", "job")
    if options["task"]:
        runs = runs.filter(task__slug=options["task"])
    if options["sweep"]:
        runs = runs.filter(sweep_cells__sweep=_id(options["sweep"]))
    if options["runs"]:
        runs = runs.filter(pk__in=[_id(text) for text in options["runs"]])
    elif not options["task"] and not options["sweep"]:
        return []
    chosen = list(runs.order_by("task__slug", "number").distinct())
    if absent := {_id(text) for text in options["runs"]} - {run.pk for run in chosen}:
        raise CommandError(f"No run matches {', '.join(sorted(map(str, absent)))}. Nothing was exported.")
    return chosen


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise CommandError(f"'{text}' is not an id.") from None


def run_to_track(run: TrainingRun) -> TrackedRun:
    """A run with its figures; those of a later attempt count before an earlier one's."""
    events = JobEvent.objects.filter(job_id=run.job_id, kind="metric").order_by("fence", "seq")
    timed_payloads = ((at.timestamp(), payload) for at, payload in events.values_list("ts", "payload"))
    return TrackedRun(
        key=str(run.pk),
        name=f"{run.task.slug} run {run.number}",
        parameters={name: "" if value is None else str(value) for name, value in _parameters(run).items()},
        figures=figures_of(timed_payloads),
        totals=totals_of(run.summary),
    )


def _parameters(run: TrainingRun) -> dict[str, Any]:
    data = {
        "student": run.student.slug,
        "dataset_version": str(run.dataset_version),
        "preset": run.recipe_name,
        "device": run.device,
        "rows": run.estimate.get("rows"),
    }
    return {**data, **run.recipe}
