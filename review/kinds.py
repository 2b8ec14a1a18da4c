"""Kinds of jobs this room brings to the jobs room."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from jobs.contracts import Result
from jobs.kinds import BaseKind
from jobs.models import Job
from jobs.ports import Attempt
from review.services import pushing
from review.services.datasets import write as writing
from review.services.datasets.freeze import KIND


class FreezeKind(BaseKind):
    """Freezing a dataset version: runs in the worker, without an engine."""

    name = KIND
    label = "Freeze"
    queue = "default"
    max_running_per_host = 2

    def run_inline(self, job: Job, attempt: Attempt) -> dict[str, Any]:
        return writing.write(
            UUID(job.spec["version"]), report=lambda done, total: attempt.progress(done, total, "rows")
        )

    def on_finished(self, job: Job, result: Result, collected: dict[str, Any]) -> None:
        if result.outcome == "succeeded":
            writing.seal(UUID(job.spec["version"]), result.summary)


class PushKind(BaseKind):
    """Sending a frozen version to a hub: done by `python -m review.hub`."""

    name = pushing.KIND
    label = "Send to a hub"
    queue = "default"
    engine_module: str | None = "review.hub"
    max_running_per_host = 1
    leaves = True

    def build_spec(self, job: Job, run_dir: Path) -> dict[str, Any]:
        return pushing.lay(job, run_dir)

    def secret_refs(self, job: Job) -> list[str]:
        return pushing.secret_refs(job)
