"""A version with enough records to share out, and sweeps on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from members.models import Member
from review.models import DatasetVersion, Task
from tests.fresh_rows import fresh
from tests.training.conftest import freeze
from tests.training.miniatures import conclude
from tests.training.sweeping import order
from training.models import Miniature, Student, Sweep
from training.runs import launch_run
from training.runs.run_request import RunRequest
from training.sweeps import launch_sweep


@pytest.fixture(scope="module")
def shared_version(shared_task: Task, shared_admin: Member) -> DatasetVersion:
    return freeze(shared_task, shared_admin, train=20, validation=4)


@pytest.fixture
def version(request: pytest.FixtureRequest, task: Task, admin: Member) -> DatasetVersion:
    return fresh(request, "shared_version") or freeze(task, admin, train=20, validation=4)


@pytest.fixture
def begun(version: DatasetVersion, student: Student, admin: Member, tmp_path: Path) -> Miniature:
    run = launch_run.launch(RunRequest(dataset_version=version, student=student), recipe="demo", by=admin)
    return conclude(run, tmp_path / "begun")


@pytest.fixture
def sweep_of(version: DatasetVersion, student: Student, admin: Member) -> Callable[..., Sweep]:
    def _launch(*, starts_from: Miniature | None = None, teacher: Student | None = None, **asked: Any) -> Sweep:
        request = RunRequest(dataset_version=version, student=student, starts_from=starts_from, teacher=teacher)
        return launch_sweep.launch(order(**asked), request, by=admin)

    return _launch
