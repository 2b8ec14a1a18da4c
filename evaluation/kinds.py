"""The kinds of jobs of this room: an evaluation, a study, the scoring of one of its cells.

Thin: services do the work.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from evaluation.evaluations import queries, results, run_inputs
from evaluation.evaluations.start_evaluation import KIND
from evaluation.paper import advance as papers
from evaluation.paper.order import KIND as PAPER
from evaluation.rounds import advance as rounds
from evaluation.rounds.queries import KIND as ROUND
from evaluation.studies import advance, conclude, scoring
from evaluation.studies import cells as study_cells
from evaluation.studies import launch_study as study_orders
from evaluation.studies import queries as selectors
from jobs.contracts import Result
from jobs.kinds.base import JobKind
from jobs.kinds.composite import CompositeJob
from jobs.models import Job
from training.students import registration


class EvaluationKind(JobKind):
    name = KIND
    label = "Evaluation"
    queue = "evaluation"
    engine_module: str | None = "evaluation.engine"
    needs_torch = True
    max_running_per_host = 1

    def build_spec(self, job: Job, run_dir: Path) -> dict[str, Any]:
        return run_inputs.evaluation_spec(UUID(job.spec["evaluation"]), run_dir)

    def secret_refs(self, job: Job) -> list[str]:
        return registration.secret_refs(queries.by_id(UUID(job.spec["evaluation"])).run.student)

    def collect(self, job: Job, result: Result, run_dir: Path) -> dict[str, Any]:
        body = json.loads((run_dir / "spec.json").read_text())["body"]
        kinds = {
            system["name"]: system.get("kind") or system["method"] for system in (*body["systems"], *body["written"])
        }
        return {**results.store_outputs(UUID(job.spec["evaluation"]), run_dir, fence=job.fence), "kinds": kinds}

    def on_finished(self, job: Job, result: Result, collected: dict[str, Any]) -> None:
        results.keep_results(UUID(job.spec["evaluation"]), result, collected, kinds=collected.get("kinds", {}))


class StudyJobKind(CompositeJob):
    """A study, cell by cell."""

    name = study_orders.KIND
    label = "Study"
    queue = "evaluation"
    subject = "study"

    check = staticmethod(advance.look)
    has_news = staticmethod(selectors.has_news)
    conclude = staticmethod(conclude.conclude_study)
    jobs_under_way = staticmethod(advance.jobs_under_way)
    forget_problems = staticmethod(advance.forget_problems)


class RoundKind(CompositeJob):
    """A round, step by step."""

    name = ROUND
    label = "Round"
    queue = "evaluation"
    subject = "round"
    unit = "steps"

    check = staticmethod(rounds.look)
    has_news = staticmethod(rounds.has_news)
    conclude = staticmethod(rounds.conclude)
    jobs_under_way = staticmethod(rounds.jobs_under_way)
    forget_problems = staticmethod(rounds.forget_problems)


class PaperKind(CompositeJob):
    """A reproduction of the paper, part by part."""

    name = PAPER
    label = "Reproduction of the paper"
    queue = "evaluation"
    subject = "paper"
    unit = "parts"

    check = staticmethod(papers.look)
    has_news = staticmethod(papers.has_news)
    conclude = staticmethod(papers.conclude)
    jobs_under_way = staticmethod(papers.jobs_under_way)
    forget_problems = staticmethod(papers.forget_problems)


class CellScoringKind(JobKind):
    """Scoring of one cell, done by `python -m evaluation.engine.study_cell`."""

    name = study_cells.KIND
    label = "Scoring"
    queue = "evaluation"
    engine_module: str | None = "evaluation.engine.study_cell"
    needs_torch = True
    max_running_per_host = 1

    def build_spec(self, job: Job, run_dir: Path) -> dict[str, Any]:
        return scoring.scoring_spec(UUID(job.spec["measurement"]), run_dir)

    def secret_refs(self, job: Job) -> list[str]:
        return registration.secret_refs(scoring.student_of(UUID(job.spec["measurement"])))

    def on_finished(self, job: Job, result: Result, collected: dict[str, Any]) -> None:
        scoring.keep_scores(UUID(job.spec["measurement"]), result)
