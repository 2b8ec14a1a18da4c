"""A study carried without engines: its looks are real, its runs and scorings end as an engine would have ended them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from evaluation.models import Measurement, Study
from evaluation.studies import launch_study, scoring
from evaluation.studies.design import StudyRequest
from jobs.contracts import Result
from jobs.lifecycle import consumers
from jobs.models import Job
from jobs.supervisor import run_job
from members.models import Member
from review.models import DatasetVersion, Task
from tests.fresh_rows import fresh
from tests.review import factories
from tests.training.conftest import freeze
from tests.training.miniatures import conclude
from training.models import Student


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave studies with real engines to `make stress`: of those in this folder one alone has no such mark."""
    if os.environ.get("STRESS") == "1":
        return
    here = Path(__file__).parent
    left = [item for item in items if here in item.path.parents and item.get_closest_marker("stress")]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]


@pytest.fixture(scope="module")
def shared_version(shared_task: Task, shared_admin: Member) -> DatasetVersion:
    return freeze(shared_task, shared_admin, train=20, validation=4)


@pytest.fixture
def version(request: pytest.FixtureRequest, task: Task, admin: Member) -> DatasetVersion:
    return fresh(request, "shared_version") or freeze(task, admin, train=20, validation=4)


@pytest.fixture
def register(version: DatasetVersion, student: Student, admin: Member) -> Callable[..., Study]:
    def _register(**asked: Any) -> Study:
        wishes = StudyRequest(**{"kind": "samples", "sizes": (10, 20), "seeds": (1, 2), "epochs": 1, **asked})
        return launch_study.launch(wishes, version=version, student=student, by=admin)

    return _register


@pytest.fixture
def other(admin: Member) -> DatasetVersion:
    return freeze(factories.make_task(by=admin, slug="rivals"), admin, train=12, validation=3)


@pytest.fixture
def transfer(version: DatasetVersion, student: Student, admin: Member) -> Callable[..., Study]:
    """Register a study of this task's rows and of other tasks', with two seeds."""

    def _transfer(*others: DatasetVersion, kind: str = "transfer", **values: Any) -> Study:
        request = StudyRequest(**{"kind": kind, "seeds": (1, 2), "epochs": 1, "recipes": {"lora": "demo"}, **values})
        return launch_study.launch(request, version=version, student=student, by=admin, others=others)

    return _transfer


@pytest.fixture
def page(admin: Member, as_member: Callable[[Member], Client], version: DatasetVersion) -> Callable[..., Any]:
    client, task = as_member(admin), version.dataset.task

    def _page(path: str, **data: Any) -> Any:
        send = client.post if data.pop("post", False) else client.get
        return send(path.format(task=task.slug), data)

    return _page


def look(study: Study, worker: str = "worker-1") -> Job:
    """One ring for the study's job."""
    run_job(study.job_id, worker=worker)
    return Job.objects.get(pk=study.job_id)


def end(job: Job, state: str = "succeeded", **values: Any) -> None:
    """A job ends, and whoever waits for it hears so."""
    Job.objects.filter(pk=job.pk).update(state=state, finished_at=timezone.now(), **values)
    consumers.call(job.pk, job.kind)


def train(measurement: Measurement, folder: Path) -> None:
    """The run of a measurement ends well."""
    assert measurement.run is not None
    conclude(measurement.run, folder / str(measurement.pk))
    consumers.call(measurement.run.job_id, "training")


def score(measurement: Measurement, loss: float = 0.5) -> None:
    """The scoring of a measurement ends well, every record a little apart."""
    measurement.refresh_from_db()
    assert measurement.job is not None
    records = measurement.plan["scored"]
    summary = {
        "nll_per_byte": {record: loss + 0.01 * index for index, record in enumerate(records)},
        "passes_all": dict.fromkeys(records, 1.0), "answers_right": dict.fromkeys(records, 1.0),
        "seconds_per_output": 0.2, "seconds": 3.0,
    }  # fmt: skip
    scoring.keep_scores(measurement.pk, Result(outcome="succeeded", summary=summary))
    end(measurement.job)


def finish_all(
    study: Study,
    folder: Path,
    loss: Callable[[int, int], float] = lambda size, seed: 0.5 + seed / 10_000,
    *,
    better: Mapping[str, float] = MappingProxyType({}),
) -> Job:
    """Carry a study to its end; `better` is what an arm's loss is below the others'."""
    for _ in range(4 * study.cells.count()):
        if (job := look(study)).state == "succeeded":
            return job
        for cell in study.cells.select_related("measurement__run__job", "measurement__job"):
            found = cell.measurement
            if found.run and found.run.job.state == "queued":
                train(found, folder)
            elif found.job and found.job.state == "queued":
                score(found, loss(cell.records, cell.seed) - better.get(cell.arm, 0.0))
    raise AssertionError(f"the study is still {job.state}: {job.waiting_reason}")
