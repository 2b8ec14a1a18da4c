"""A task of labels from the teacher's call to its evaluation, with real engines: order, verdicts,
dataset, run, scores.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evaluation.metrics.baselines import MAJORITY, NEAREST
from evaluation.models import Evaluation
from generation.models import Teacher
from generation.orders import launch
from jobs.models import Job
from jobs.supervisor import run_job
from members.models import Member
from review.datasets import freezing
from review.models import DatasetVersion, Draft, Record, Task
from review.states import Split
from tests.review import factories
from tests.review.datasets import golds
from tests.training.test_kinds import SMALL, model_folder, tiny
from training.models import Student
from training.runs import launch_run
from training.runs.run_request import RunRequest

__all__ = ["model_folder", "tiny"]
pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("forked")]
TEXTS = ("The billing is wrong", "A bug stops the app", "The delivery is late", "Praise to your team")


@pytest.fixture
def task(admin: Member) -> Task:
    task = factories.make_task(by=admin, spec=factories.triage_spec(with_reasoning=False))
    records = factories.make_records(factories.make_source(task), 24)
    for index, record in enumerate(records):
        record.facts = {"company": record.title, "text": f"{TEXTS[index % 4]}, ticket {index}."}
        record.split = (Split.TRAIN, Split.TRAIN, Split.TRAIN, Split.VALIDATION, Split.TEST, Split.TEST)[index // 4]
    Record.objects.bulk_update(records, ["facts", "split"])
    return task


@pytest.fixture
def version(task: Task, admin: Member) -> DatasetVersion:
    offline = Teacher.objects.get(slug="offline")
    order = launch.launch(launch.OrderRequest(task, teacher=offline, count=24, by=admin))
    run_job(order.job_id, worker="w")
    assert Draft.objects.filter(task=task).count() == 24
    golds.correct_all(admin, task, right_label, count=24)
    made = freezing.freeze(freezing.create(task, name="Tickets", by=admin), by=admin)
    run_job(made.job_id, worker="w")
    made.refresh_from_db()
    return made


def right_label(draft: Draft) -> dict[str, Any]:
    """A ticket's category is that of its text, so that tickets alike have it too."""
    kind = next(index for index, text in enumerate(TEXTS) if draft.record.facts["text"].startswith(text))
    return {**draft.fields, "category": factories.CATEGORIES[kind]}


@pytest.mark.slow
def test_labels_go_round_the_loop(version: DatasetVersion, tiny: Student, admin: Member, tmp_path: Path) -> None:
    request = RunRequest(dataset_version=version, student=tiny)
    run = launch_run.launch(request, recipe="demo", by=admin, overrides=SMALL)
    run_job(run.job_id, worker="w")
    run.job.refresh_from_db()
    assert run.job.state == "succeeded", run.job.error

    evaluation = evaluated()

    summary: Any = evaluation.summary
    assert {MAJORITY, NEAREST} <= set(summary["systems"])
    assert {"exact", "right_category", "macro_f1_category", "right_urgent"} <= set(summary["systems"][NEAREST])
    # A record of the same kind stands among those trained on; the most frequent label is that of one kind in four.
    right = {name: summary["systems"][name]["right_category"]["mean"] for name in (NEAREST, MAJORITY)}
    assert right == {NEAREST: 1.0, MAJORITY: 0.25}
    assert [report["field"] for report in summary["labels"][NEAREST]] == ["category", "urgent"]
    kinds = {output.system: output.kind for output in evaluation.outputs.all()}
    assert (kinds[MAJORITY], kinds[NEAREST]) == ("baseline", "baseline")


def evaluated() -> Evaluation:
    """Run what is waiting until the evaluation that follows a run has its summary."""
    for _ in range(10):
        for job in Job.objects.filter(state="queued"):
            run_job(job.pk, worker="w")
        evaluation = Evaluation.objects.get()
        if evaluation.summary:
            return evaluation
    raise AssertionError("it never came to an end")
