"""Defaults for kinds of jobs: hooks that do nothing. A kind may take them from here or write its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jobs.contracts import Event, Result
from jobs.kinds.registry import Attempt, Needs
from jobs.models import Job


class BaseKind:
    """Every hook of `jobs.kinds.registry.JobKind`, empty. A subclass names itself and overrides what it needs."""

    name: str = ""
    label: str = ""
    queue: str = "default"
    engine_module: str | None = None
    max_running_per_host: int = 2
    keeps_spare: bool = False
    is_fair: bool = False
    called: str = "job"
    leaves: bool = False

    def needs(self, job: Job) -> Needs:
        """Any host will do."""
        return Needs()

    def build_spec(self, job: Job, run_dir: Path) -> dict[str, Any]:
        """The job's own spec, as it was launched."""
        return dict(job.spec)

    def secret_refs(self, job: Job) -> list[str]:
        """No secrets."""
        return []

    def run_inline(self, job: Job, attempt: Attempt) -> dict[str, Any]:
        """There is nothing to do inline until a kind says so."""
        raise NotImplementedError(f"The kind '{self.name}' has neither an engine nor inline work.")

    def on_events(self, job: Job, events: list[Event]) -> None:
        """Events are kept and shown; nothing more."""

    def reached(self, job: Job) -> int:
        """What it said to have done: calls answered, outputs written."""
        done = job.progress.get("done")
        return int(done) if isinstance(done, int | float) else 0

    def on_paused(self, job: Job) -> None:
        """It has set nothing else going."""

    def on_resumed(self, job: Job) -> None:
        """Its next attempt does all there is to do."""

    def collect(self, job: Job, result: Result, run_dir: Path) -> dict[str, Any]:
        """No artefacts to carry away."""
        return {}

    def on_finished(self, job: Job, result: Result, collected: dict[str, Any]) -> None:
        """Nothing follows."""
