"""Kinds of jobs this room brings to the jobs room."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from jobs.contracts import Result
from jobs.kinds.base import Attempt, JobKind
from jobs.models import Job
from review.datasets import hub_push, hub_target, write_version
from review.datasets.freezing import KIND


class FreezeKind(JobKind):
    """Freezing a dataset version: runs in the worker, without an engine."""

    name = KIND
    label = "Freeze"
    queue = "default"
    max_running_per_host = 2

    def run_inline(self, job: Job, attempt: Attempt) -> dict[str, Any]:
        return write_version.write(
            UUID(job.spec["version"]), report=lambda done, total: attempt.progress(done, total, "rows")
        )

    def on_finished(self, job: Job, result: Result, collected: dict[str, Any]) -> None:
        if result.outcome == "succeeded":
            write_version.seal(UUID(job.spec["version"]), result.summary)


class PushKind(JobKind):
    """Sending a frozen version to a hub: done by `python -m review.datasets.hub`."""

    name = hub_push.KIND
    label = "Send to a hub"
    queue = "default"
    engine_module: str | None = "review.datasets.hub"
    max_running_per_host = 1
    leaves = True

    def build_spec(self, job: Job, run_dir: Path) -> dict[str, Any]:
        return hub_push.lay_run_inputs(job, run_dir)

    def secret_refs(self, job: Job) -> list[str]:
        return hub_target.secret_refs(job)
