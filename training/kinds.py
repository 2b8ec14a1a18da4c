"""Kinds of jobs this room brings to the jobs room: tuning a student, and writing with a miniature."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from jobs.cells import JobOfCells, Verbs
from jobs.contracts import Event, Result
from jobs.kinds import BaseKind
from jobs.models import Job
from jobs.ports import Needs
from training.selectors import miniatures as miniature_selectors
from training.selectors import runs as run_selectors
from training.selectors import sweeps as sweep_selectors
from training.services import carrying, checkpoints, devices, finish, formats, lay, students, token_cache, writing
from training.services.runs import KIND
from training.services.sweeps import advance as sweeping
from training.services.sweeps.orders import KIND as SWEEP


class TrainingKind(BaseKind):
    """One tuning run; one at a time on a host, since two would share its memory."""

    name = KIND
    label = "Training"
    queue = "training"
    engine_module: str | None = "training.engine"
    max_running_per_host = 1
    is_fair = True
    called = "run"

    def needs(self, job: Job) -> Needs:
        return devices.read(job.spec.get("needs") or {})

    def build_spec(self, job: Job, run_dir: Path) -> dict[str, Any]:
        shared = {"token_cache": str(token_cache.folder())}
        run = run_selectors.of_job(job)
        carrying.fetch(run, run_dir)
        return lay.training_spec(run, run_dir) | shared

    def secret_refs(self, job: Job) -> list[str]:
        run = run_selectors.of_job(job)
        named = [run.student, *([run.teacher] if run.teacher else [])]
        return sorted({secret for student in named for secret in students.secret_refs(student)})

    def on_events(self, job: Job, events: list[Event]) -> None:
        saved = [
            checkpoints.Saved(
                int(event.payload["step"]), str(event.payload["path"]), datetime.fromtimestamp(event.ts, UTC)
            )
            for event in events
            if event.kind == "checkpoint"
        ]
        if saved:
            checkpoints.note(run_selectors.of_job(job), saved, fence=job.run_fence)

    def reached(self, job: Job) -> int:
        # Steps after it are computed anew: a run that never saves again gets nowhere.
        return checkpoints.newest_step(run_selectors.of_job(job))

    def collect(self, job: Job, result: Result, run_dir: Path) -> dict[str, Any]:
        return finish.store(UUID(job.spec["run"]), result, run_dir)

    def on_finished(self, job: Job, result: Result, collected: dict[str, Any]) -> None:
        run_id = UUID(job.spec["run"])
        finish.conclude(run_id, result, collected)
        # A failed run may be resumed; one that succeeded or was cancelled never goes on.
        if result.outcome != "failed":
            transaction.on_commit(lambda: carrying.forget(run_id))


class ExportKind(BaseKind):
    """A miniature written in another program's format; it holds the whole model in memory, so one at a time."""

    name = formats.KIND
    label = "Export"
    queue = "evaluation"
    engine_module: str | None = "training.engine.exporting"
    max_running_per_host = 1

    def build_spec(self, job: Job, run_dir: Path) -> dict[str, Any]:
        return formats.spec(miniature_selectors.by_id(UUID(job.spec["miniature"])), job.spec["format"], run_dir)

    def secret_refs(self, job: Job) -> list[str]:
        return students.secret_refs(miniature_selectors.by_id(UUID(job.spec["miniature"])).student)

    def collect(self, job: Job, result: Result, run_dir: Path) -> dict[str, Any]:
        return formats.store(job.pk, result, run_dir)

    def on_finished(self, job: Job, result: Result, collected: dict[str, Any]) -> None:
        formats.conclude(job.pk, result, collected)


class WriteKind(BaseKind):
    """A few texts written by a miniature on the spot."""

    name = writing.KIND
    label = "Writing"
    queue = "evaluation"
    engine_module: str | None = "training.engine.write"
    max_running_per_host = 2

    def build_spec(self, job: Job, run_dir: Path) -> dict[str, Any]:
        return writing.spec(miniature_selectors.by_id(UUID(job.spec["miniature"])), job.spec["records"], run_dir)

    def secret_refs(self, job: Job) -> list[str]:
        return students.secret_refs(miniature_selectors.by_id(UUID(job.spec["miniature"])).student)


class SweepKind(JobOfCells):
    """A sweep, run by run."""

    name = SWEEP
    label = "Sweep"
    subject = "sweep"
    unit = "runs"
    verbs = Verbs(
        look=sweeping.look, has_news=sweep_selectors.has_news, conclude=sweeping.conclude, steer=sweeping.steer,
        forget_problems=sweeping.forget_problems,
    )  # fmt: skip
