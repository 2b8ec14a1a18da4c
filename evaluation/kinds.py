"""The kinds of jobs of this room: an evaluation, a study, the scoring of one of its cells. Thin: services do the work."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from evaluation.selectors import evaluations
from evaluation.selectors import studies as selectors
from evaluation.services import keeping, lay
from evaluation.services.orders import KIND
from evaluation.services.studies import advance, scoring, verdicts
from evaluation.services.studies import cells as study_cells
from evaluation.services.studies import orders as study_orders
from jobs.cells import JobOfCells, Verbs
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


class StudyJob(JobOfCells):
    """A study, cell by cell."""

    name = study_orders.KIND
    label = "Study"
    queue = "evaluation"
    subject = "study"
    verbs = Verbs(
        look=advance.look, has_news=selectors.has_news, conclude=verdicts.conclude, steer=advance.steer,
        forget_problems=advance.forget_problems,
    )  # fmt: skip


class CellJob(BaseKind):
    """Scoring of one cell, done by `python -m evaluation.engine.study_cell`."""

    name = study_cells.KIND
    label = "Scoring"
    queue = "evaluation"
    engine_module: str | None = "evaluation.engine.study_cell"
    max_running_per_host = 1

    def build_spec(self, job: Job, run_dir: Path) -> dict[str, Any]:
        return scoring.spec(UUID(job.spec["measurement"]), run_dir)

    def secret_refs(self, job: Job) -> list[str]:
        return students.secret_refs(scoring.run_of(UUID(job.spec["measurement"])).student)

    def on_finished(self, job: Job, result: Result, collected: dict[str, Any]) -> None:
        scoring.keep(UUID(job.spec["measurement"]), result)
