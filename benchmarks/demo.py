"""The demo from an empty database to an evaluated miniature, by the product's own services and engines.

    python -m benchmarks.demo [--recipe demo] [--set learning_rate=0.01 ...]

Loads the demo, freezes its golds, tunes the demo student under the supervisor, and has base, miniature and teacher write
for every held-out record. Prints how long the run took (from its job's start to its end), how many mails pass every check
of the task and how many name their company, and how far the golds' NLL per byte fell. The last line is one JSON object;
`ratio` is the miniature's share of mails that pass every check against the teacher's.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from typing import TYPE_CHECKING, Any

from demo.scratch import prepare

if TYPE_CHECKING:
    from evaluation.models import Evaluation
    from jobs.models import Job
    from review.models import DatasetVersion
    from training.models import TrainingRun

WORKER = "bench"


def main(recipe: str, overrides: dict[str, Any]) -> None:
    """Measure, and print the figures."""
    prepare()
    load_s = load()
    version = frozen()
    print(f"loaded in {load_s:.0f} s; rows by split: {version.counts['splits']}")
    run = tuned(version, recipe, overrides)
    run_s = seconds(run.job)
    print(f"{run.name} took {run_s:.0f} s for {run.summary['steps']} steps on {run.summary['rows']} rows")
    evaluation = evaluated(run)
    figures = scores(evaluation)
    for name, row in figures.items():
        print(f"{name}: {row['passes_all']} of {row['n']} pass every check, {row['names_company']} name the company")
    base, miniature, teacher = (
        of_kind(evaluation, figures, kind) for kind in ("base", run.recipe["method"], "teacher")
    )
    change = nll(evaluation, run.recipe["method"]) / nll(evaluation, "base") - 1
    print(f"NLL per byte of held-out golds: {change:+.0%}")
    print(json.dumps({
        "ratio": miniature["passes_all"] / teacher["passes_all"],
        "run_s": round(run_s, 1),
        "engine_s": round(run.summary["seconds"], 1),
        "tokens_per_s": round(run.summary["tokens_per_s"]),
        "base": base,
        "miniature": miniature,
        "teacher": teacher,
        "nll_per_byte_change": round(change, 3),
        "load_s": round(load_s, 1),
        "load_average": os.getloadavg()[0],
    }))  # fmt: skip


def load() -> float:
    """Load the demo; returns the seconds it took."""
    from demo.data import load as demo

    began = time.perf_counter()
    demo.load(lambda step: print(f"... {step}"))
    return time.perf_counter() - began


def frozen(slug: str = "outreach-e-mail") -> DatasetVersion:
    """The golds of one of the demo's tasks as a frozen dataset version."""
    from members.models import Member
    from review.datasets import freezing
    from review.models import Task

    admin = Member.objects.get(is_superuser=True)
    version = freezing.freeze(freezing.create(Task.objects.get(slug=slug), name="Golds", by=admin), by=admin)
    if version.job is not None:
        carried(version.job)
        version.refresh_from_db()
    return version


def tuned(version: DatasetVersion, recipe: str, overrides: dict[str, Any], *, slug: str = "demo") -> TrainingRun:
    """A run of one of the demo's students, carried to its end."""
    from training.models import Student
    from training.runs import launch_run
    from training.runs.run_request import RunRequest

    admin = version.created_by
    assert admin is not None
    student = Student.objects.get(slug=slug)
    run = launch_run.launch(
        RunRequest(dataset_version=version, student=student), recipe=recipe, by=admin, overrides=overrides
    )
    carried(run.job)
    run.refresh_from_db()
    return run


def evaluated(run: TrainingRun) -> Evaluation:
    """The evaluation that follows every run by itself, with its teacher's order, carried to its end."""
    from evaluation.models import Evaluation

    evaluation = Evaluation.objects.get(run=run)
    if evaluation.teacher_order is not None:
        carried(evaluation.teacher_order.job)
    evaluation = Evaluation.objects.get(run=run)
    if evaluation.job is None:
        raise SystemExit(f"The evaluation did not begin: {evaluation.problem or evaluation.teacher_note}")
    carried(evaluation.job)
    return Evaluation.objects.get(run=run)


def carried(job: Job | None) -> None:
    """Do a job here and now."""
    from jobs.supervisor.run_job import run_job

    assert job is not None
    run_job(job.pk, worker=WORKER)
    job.refresh_from_db()
    if job.state != "succeeded":
        raise SystemExit(f"{job.title} is {job.state}: {job.error or job.waiting_reason}")


def seconds(job: Job) -> float:
    """From the job's start to its end."""
    assert job.started_at is not None
    assert job.finished_at is not None
    return float((job.finished_at - job.started_at).total_seconds())


def scores(evaluation: Evaluation) -> dict[str, dict[str, int]]:
    """By system: how many mails it wrote, how many pass every check, and how many name the company."""
    from evaluation.evaluations import queries

    found: dict[str, dict[str, int]] = {}
    for output in queries.outputs(evaluation):
        row = found.setdefault(output.system, {"n": 0, "passes_all": 0, "names_company": 0})
        row["n"] += 1
        row["passes_all"] += output.scores["passes_all"] == 1
        row["names_company"] += output.record.facts["company"] in output.text
    return found


def of_kind(evaluation: Evaluation, figures: dict[str, dict[str, int]], kind: str) -> dict[str, int]:
    """The row of the one system of a kind."""
    return figures[_system(evaluation, kind)]


def nll(evaluation: Evaluation, kind: str) -> float:
    """Mean NLL per byte of held-out golds under the system of a kind."""
    return float(evaluation.summary["systems"][_system(evaluation, kind)]["gold_nll_per_byte"]["mean"])


def _system(evaluation: Evaluation, kind: str) -> str:
    name: str = evaluation.outputs.filter(kind=kind).values_list("system", flat=True)[:1].get()
    return name


def read_value(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    return name, json.loads(value)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", default="demo")
    parser.add_argument("--set", nargs="*", type=read_value, default=[], help="recipe fields to replace, as name=JSON")
    chosen = parser.parse_args()
    main(chosen.recipe, dict(chosen.set))
