"""Kinds of jobs for tests: one that counts in an engine, one that counts in the worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jobs.contracts import EngineEvent, Result
from jobs.kinds import registry
from jobs.kinds.base import Attempt, JobKind
from jobs.models import Job


class Counting(JobKind):
    name = "counting"
    label = "Counting"
    engine_module = "tests.jobs.engines.counting"
    max_running_per_host = 4

    def __init__(self) -> None:
        self.heard: list[int] = []
        self.ends: list[str] = []

    def secret_refs(self, job: Job) -> list[str]:
        return list(job.spec.get("secret_refs", []))

    def on_events(self, job: Job, events: list[EngineEvent]) -> None:
        self.heard += [event.payload["step"] for event in events if event.kind == "metric"]
        if "poison" in job.spec:
            raise ValueError(job.spec["poison"])

    def collect(self, job: Job, result: Result, run_dir: Path) -> dict[str, Any]:
        return {"collected": (run_dir / "total.txt").read_text()}

    def on_finished(self, job: Job, result: Result, collected: dict[str, Any]) -> None:
        self.ends.append(result.outcome)


class Lonely(Counting):
    """Only one at a time on a host."""

    name = "lonely"
    label = "Lonely counting"
    max_running_per_host = 1


class Leaving(Counting):
    """Counts as if each count left the house."""

    name = "leaving"
    label = "Leaving counting"
    leaves = True


class Inline(JobKind):
    name = "inline"
    label = "Inline counting"
    max_running_per_host = 4

    def run_inline(self, job: Job, attempt: Attempt) -> dict[str, Any]:
        import time

        count = int(job.spec["count"])
        for done in range(count):
            time.sleep(job.spec.get("step_s", 0))
            attempt.progress(done + 1, count, "counts")
        return {"total": count}


def register() -> dict[str, JobKind]:
    """Fresh instances under their names."""
    kinds: dict[str, JobKind] = {kind.name: kind for kind in (Counting(), Lonely(), Leaving(), Inline())}
    for kind in kinds.values():
        registry.register_kind(kind)
    return kinds
