"""The kind of job that scores a run on held-out records. Thin: services do the work."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from evaluation.selectors import evaluations
from evaluation.services import keeping, lay
from evaluation.services.orders import KIND
from jobs.contracts import Result
from jobs.kinds import BaseKind
from jobs.models import Job
from training.services import students


class EvaluationKind(BaseKind):
    """Done by `python -m evaluation.engine`."""

    name = KIND
    label = "Evaluation"
    queue = "evaluation"
    engine_module: str | None = "evaluation.engine"
    max_running_per_host = 1

    def build_spec(self, job: Job, run_dir: Path) -> dict[str, Any]:
        return lay.spec(UUID(job.spec["evaluation"]), run_dir)

    def secret_refs(self, job: Job) -> list[str]:
        return students.secret_refs(evaluations.by_id(UUID(job.spec["evaluation"])).run.student)

    def collect(self, job: Job, result: Result, run_dir: Path) -> dict[str, Any]:
        body = json.loads((run_dir / "spec.json").read_text())["body"]
        kinds = {system["name"]: system["method"] for system in (*body["systems"], *body["written"])}
        return {**keeping.store(UUID(job.spec["evaluation"]), run_dir, fence=job.fence), "kinds": kinds}

    def on_finished(self, job: Job, result: Result, collected: dict[str, Any]) -> None:
        keeping.keep(UUID(job.spec["evaluation"]), result, collected, kinds=collected.get("kinds", {}))
