"""A task of labels with approved examples, and its rounds carried on without engines: looks are real."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluation.engine.contracts import SCORING_VERSION
from evaluation.evaluations import results
from evaluation.evaluations.run_inputs import tuned_name
from evaluation.models import Evaluation
from jobs.contracts import Result
from jobs.models import Job
from jobs.supervisor import run_job
from members.models import Member
from review.models import Record, Task
from review.states import Split
from tests.evaluation.conftest import interval
from tests.review import factories
from tests.review.datasets import golds
from tests.training.classifiers import LABELS, SEVERAL, triage_spec
from tests.training.miniatures import conclude
from tests.training.sweeping import end
from training.models import Student, TrainingRun
from training.students import registration

SPLITS = {Split.TRAIN: 12, Split.VALIDATION: 8, Split.TEST: 2}


@pytest.fixture
def task(admin: Member) -> Task:
    task = factories.make_task(by=admin, spec=triage_spec(*SEVERAL[:2]))
    approve(task, admin, SPLITS)
    return task


@pytest.fixture(autouse=True)
def encoder(db: None) -> Student:
    """The encoder that comes with the product."""
    return registration.register_shipped("demo-encoder")


def approve(task: Task, admin: Member, splits: dict[Split, int]) -> None:
    """Records with drafts that an expert accepted, so many in each split."""
    chosen = [split for split, count in splits.items() for _ in range(count)]
    records = factories.make_records(factories.make_source(task), len(chosen))
    for index, (record, split) in enumerate(zip(records, chosen, strict=True)):
        record.split, record.group = split, f"{record.group} {record.content_hash}"
        record.facts = {"question": f"{record.content_hash}: {LABELS[index % 3]}?"}
    Record.objects.bulk_update(records, ["split", "group", "facts"])
    # Equal texts of two splits are left out of a version: a reasoning tells them apart.
    texts = [
        {"reasoning": record.facts["question"], "category": LABELS[index % 3]} for index, record in enumerate(records)
    ]
    factories.make_drafts(task, records, fields=texts, teacher="", model="")
    golds.accept_all(admin, task, count=len(records))


def look(job: Job, worker: str = "worker-1") -> Job:
    """One ring for a job."""
    run_job(job.pk, worker=worker)
    return Job.objects.get(pk=job.pk)


def end_run(run: TrainingRun, folder: Path) -> None:
    """The run ends well, as its engine would have ended it; whoever waits for it hears so."""
    conclude(run, folder / str(run.pk))
    end(run.job)


def end_evaluation(evaluation: Evaluation, folder: Path, *, right: int) -> None:
    """The evaluation ends with the first records right and the others wrong."""
    own = tuned_name(evaluation.run)
    lines = [
        {
            "system": own, "record": record, "text": "bug", "fields": {"category": "bug"}, "error": "", "marks": [],
            "seconds": 0.01, "cost_usd": 0.0, "tokens": 1, "scores": {"exact": float(place < right)},
        }
        for place, record in enumerate(evaluation.record_ids)
    ]  # fmt: skip
    place = folder / str(evaluation.pk)
    place.mkdir()
    (place / "outputs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    summary = {
        "measured_as": SCORING_VERSION, "records": len(lines), "with_gold": len(lines), "seconds": 1.0, "distinct": {},
        "systems": {own: {"exact": interval(right / len(lines)) | {"n": len(lines)}}}, "differences": [],
    }  # fmt: skip
    collected = results.store_outputs(evaluation.pk, place, fence=1)
    results.keep_results(evaluation.pk, Result(outcome="succeeded", summary=summary), collected, kinds={own: "lora"})
    evaluation.refresh_from_db()
    assert evaluation.job is not None
    end(evaluation.job)


@pytest.fixture
def finish(tmp_path: Path) -> Callable[..., Job]:
    """Carry a round to its end, so many of its records right."""

    def carry(job: Job, *, right: int) -> Job:
        for _ in range(8):
            if (found := look(job)).state in ("succeeded", "failed"):
                return found
            for waiting in Job.objects.filter(kind="freeze", state="queued"):
                look(waiting)
            for run in TrainingRun.objects.filter(job__state="queued"):
                end_run(run, tmp_path)
            for evaluation in Evaluation.objects.filter(job__state="queued"):
                end_evaluation(evaluation, tmp_path, right=right)
        raise AssertionError(f"The round is still {found.state}: {found.waiting_reason}")

    return carry


@pytest.fixture
def step(tmp_path: Path) -> Any:
    """Folder of what engines leave."""
    return tmp_path
