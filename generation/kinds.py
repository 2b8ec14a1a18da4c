"""The kinds of jobs of this room: drafts, what a cancelled order left, research. Thin: features do the work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from generation.calls import close, ingest
from generation.money import limits
from generation.orders import batches, run_spec
from generation.research import launch as research_launch
from generation.research import records as research_ingest
from generation.states import COLLECT, RESEARCH
from jobs.contracts import EngineEvent, Result
from jobs.kinds.base import JobKind
from jobs.models import Job


class GenerationKind(JobKind):
    """An order for drafts, done by `python -m generation.engine`."""

    name = run_spec.KIND
    label = "Generation"
    queue = "generation"
    engine_module: str | None = "generation.engine"
    max_running_per_host = 4
    leaves = True

    def build_spec(self, job: Job, run_dir: Path) -> dict[str, Any]:
        return run_spec.build(job)

    def secret_refs(self, job: Job) -> list[str]:
        return run_spec.secret_refs(job)

    def on_events(self, job: Job, events: list[EngineEvent]) -> None:
        ingest.consume(job, events)

    def on_resumed(self, job: Job) -> None:
        limits.hold_resumed(job)

    def on_finished(self, job: Job, result: Result, collected: dict[str, Any]) -> None:
        close.close(job)
        if result.outcome == "stopped":
            batches.launch_closing_job(job)


class CollectKind(GenerationKind):
    """Closing what a cancelled order left at a provider, done by the same engine."""

    name = COLLECT
    label = "Closing batches"
    # It asks for nothing: it ends at the provider what would go on being answered, and billed, during a halt.
    leaves = False
    # Cancelled, it would leave money held for batches that nobody collects.
    may_be_cancelled = False

    def on_resumed(self, job: Job) -> None:
        """It asks for nothing, and holds no money."""

    def on_finished(self, job: Job, result: Result, collected: dict[str, Any]) -> None:
        close.close(job)


class ResearchKind(JobKind):
    """An order to read companies' sites, done by `python -m generation.engine.research`."""

    name = RESEARCH
    label = "Research"
    queue = "generation"
    engine_module: str | None = "generation.engine.research"
    max_running_per_host = 2
    leaves = True

    def build_spec(self, job: Job, run_dir: Path) -> dict[str, Any]:
        return research_launch.build(job)

    def secret_refs(self, job: Job) -> list[str]:
        return research_launch.secret_refs(job)

    def on_events(self, job: Job, events: list[EngineEvent]) -> None:
        research_ingest.consume(job, events)

    def on_finished(self, job: Job, result: Result, collected: dict[str, Any]) -> None:
        research_ingest.close(job, result)
