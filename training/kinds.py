"""Kinds of jobs this room brings to the jobs room: tuning a student, and writing with a miniature."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from jobs.contracts import EngineEvent, Result
from jobs.kinds.base import JobKind, Needs
from jobs.kinds.composite import CompositeJob
from jobs.lifecycle import parts
from jobs.models import Job
from review.datasets import hub_target
from training.exports import formats, hub_push
from training.inputs import run_inputs, token_cache_folder
from training.miniatures import queries as miniature_selectors
from training.miniatures import writing
from training.models import TrainingRun
from training.runs import checkpoint_upload, isolating, results
from training.runs import queries as run_selectors
from training.runs.launch_run import KIND, PART
from training.students import downloading, registration
from training.sweeps import advance as sweeping
from training.sweeps import queries as sweep_selectors
from training.sweeps.launch_sweep import KIND as SWEEP


class TrainingKind(JobKind):
    """One tuning run; one at a time on a host, since two would share its memory."""

    name = KIND
    label = "Training"
    queue = "training"
    engine_module: str | None = "training.engine"
    needs_torch = True
    max_running_per_host = 1
    is_fair = True
    called = "run"
    part_kind = PART

    def needs(self, job: Job) -> Needs:
        return Needs(**(job.spec.get("needs") or {}))

    def build_spec(self, job: Job, run_dir: Path) -> dict[str, Any]:
        run = run_selectors.of_job(job)
        checkpoint_upload.fetch_newest(run, run_dir)
        return _spec(run, run_dir, parts.meeting_of(job))

    def secret_refs(self, job: Job) -> list[str]:
        return _secret_refs(run_selectors.of_job(job))

    def on_events(self, job: Job, events: list[EngineEvent]) -> None:
        saved = [
            checkpoint_upload.ReportedCheckpoint(
                int(event.payload["step"]), str(event.payload["path"]), datetime.fromtimestamp(event.ts, UTC)
            )
            for event in events
            if event.kind == "checkpoint"
        ]
        if saved:
            checkpoint_upload.record_checkpoints(run_selectors.of_job(job), saved, fence=job.run_fence)

    def reached(self, job: Job) -> int:
        # Steps after it are computed anew: a run that never saves again gets nowhere.
        return checkpoint_upload.newest_step(run_selectors.of_job(job))

    def collect(self, job: Job, result: Result, run_dir: Path) -> dict[str, Any]:
        return results.store_artefact(UUID(job.spec["run"]), result, run_dir)

    def on_finished(self, job: Job, result: Result, collected: dict[str, Any]) -> None:
        run_id = UUID(job.spec["run"])
        results.conclude_run(run_id, result, collected)
        # A failed run may be resumed; one that succeeded or was cancelled never goes on.
        if result.outcome != "failed":
            transaction.on_commit(lambda: checkpoint_upload.delete_uploaded(run_id), robust=True)


class TrainingPartKind(JobKind):
    """Another host's part of a run on several. It reports nothing and leaves nothing: the first host's is the run."""

    name = PART
    label = "Part of a run"
    queue = TrainingKind.queue
    engine_module: str | None = TrainingKind.engine_module
    needs_torch = True
    max_running_per_host = 1
    whole_kind = KIND

    def needs(self, job: Job) -> Needs:
        # Devices are counted where the whole is, and this is one host of it.
        needs = Needs(**(job.spec.get("needs") or {}))
        return replace(needs, hosts=1, devices=0, host_id=job.host_id)

    def build_spec(self, job: Job, run_dir: Path) -> dict[str, Any]:
        whole = parts.whole_of(job)
        return _spec(run_selectors.of_job(whole), run_dir, parts.meeting_of(whole, job))

    def secret_refs(self, job: Job) -> list[str]:
        return _secret_refs(run_selectors.of_job(parts.whole_of(job)))


def _spec(run: TrainingRun, run_dir: Path, meeting: parts.Meeting | None) -> dict[str, Any]:
    shared = {"token_cache": str(token_cache_folder.folder())}
    met = {"meeting": asdict(meeting)} if meeting else {}
    return run_inputs.training_spec(run, run_dir) | shared | met


def _secret_refs(run: TrainingRun) -> list[str]:
    named = [run.student, *([run.teacher] if run.teacher else [])]
    return sorted({secret for student in named for secret in registration.secret_refs(student)})


class DownloadKind(JobKind):
    """Fetching a hub's student to a host that tunes; the hub's client comes with what tuning needs."""

    name = downloading.KIND
    label = "Download"
    queue = "training"
    engine_module: str | None = "training.engine.download"
    needs_torch = True
    max_running_per_host = 1

    def secret_refs(self, job: Job) -> list[str]:
        return downloading.secret_refs()

    def on_finished(self, job: Job, result: Result, collected: dict[str, Any]) -> None:
        if result.outcome == "succeeded":
            downloading.conclude(job, result.summary)


class IsolationKind(JobKind):
    """Dense students taken out of a mixture; it holds the whole mixture in memory, so one at a time."""

    name = isolating.KIND
    label = "Isolation"
    queue = "training"
    engine_module: str | None = "training.engine.isolate_expert"
    needs_torch = True
    max_running_per_host = 1

    def build_spec(self, job: Job, run_dir: Path) -> dict[str, Any]:
        return isolating.isolation_spec(job, run_dir)

    def secret_refs(self, job: Job) -> list[str]:
        return isolating.secret_refs(job)

    def on_finished(self, job: Job, result: Result, collected: dict[str, Any]) -> None:
        if result.outcome == "succeeded":
            isolating.conclude(job, result.summary)


class ExportKind(JobKind):
    """A miniature written in another program's format; it holds the whole model in memory, so one at a time."""

    name = formats.KIND
    label = "Export"
    queue = "evaluation"
    engine_module: str | None = "training.engine.export"
    needs_torch = True
    max_running_per_host = 1

    def build_spec(self, job: Job, run_dir: Path) -> dict[str, Any]:
        return formats.export_spec(miniature_selectors.by_id(UUID(job.spec["miniature"])), job.spec["format"], run_dir)

    def secret_refs(self, job: Job) -> list[str]:
        return registration.secret_refs(miniature_selectors.by_id(UUID(job.spec["miniature"])).student)

    def collect(self, job: Job, result: Result, run_dir: Path) -> dict[str, Any]:
        return formats.store_export(job.pk, result, run_dir)

    def on_finished(self, job: Job, result: Result, collected: dict[str, Any]) -> None:
        formats.conclude_export(job.pk, result, collected)


class PushMiniatureKind(JobKind):
    """Sending a miniature's files to a hub."""

    name = hub_push.KIND
    label = "Send a miniature to a hub"
    queue = "default"
    engine_module: str | None = "review.datasets.hub.model"
    max_running_per_host = 1
    leaves = True

    def build_spec(self, job: Job, run_dir: Path) -> dict[str, Any]:
        return hub_push.lay_run_inputs(job, run_dir)

    def secret_refs(self, job: Job) -> list[str]:
        return hub_target.secret_refs(job)


class WriteKind(JobKind):
    """A few texts written by a miniature on the spot."""

    name = writing.KIND
    label = "Writing"
    queue = "evaluation"
    engine_module: str | None = "training.engine.write"
    needs_torch = True
    max_running_per_host = 2

    def build_spec(self, job: Job, run_dir: Path) -> dict[str, Any]:
        return writing.writing_spec(
            miniature_selectors.by_id(UUID(job.spec["miniature"])), job.spec["records"], run_dir
        )

    def secret_refs(self, job: Job) -> list[str]:
        return registration.secret_refs(miniature_selectors.by_id(UUID(job.spec["miniature"])).student)


class SweepKind(CompositeJob):
    """A sweep, run by run."""

    name = SWEEP
    label = "Sweep"
    subject = "sweep"
    unit = "runs"

    check = staticmethod(sweeping.look)
    has_news = staticmethod(sweep_selectors.has_news)
    conclude = staticmethod(sweeping.conclude)
    jobs_under_way = staticmethod(sweeping.jobs_under_way)
    forget_problems = staticmethod(sweeping.forget_problems)
