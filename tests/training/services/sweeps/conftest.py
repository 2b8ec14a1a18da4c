"""A version with enough records to share out, and sweeps on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from members.models import Member
from review.models import DatasetVersion, Task
from tests.fresh_rows import fresh
from tests.training.conftest import freeze
from tests.training.sweeping import order
from training.models import Student, Sweep
from training.runs.run_request import RunRequest
from training.sweeps import launch_sweep


@pytest.fixture(scope="module")
def shared_version(shared_task: Task, shared_admin: Member) -> DatasetVersion:
    return freeze(shared_task, shared_admin, train=20, validation=4)


@pytest.fixture
def version(request: pytest.FixtureRequest, task: Task, admin: Member) -> DatasetVersion:
    return fresh(request, "shared_version") or freeze(task, admin, train=20, validation=4)


@pytest.fixture
def sweep_of(version: DatasetVersion, student: Student, admin: Member) -> Callable[..., Sweep]:
    def _launch(**asked: Any) -> Sweep:
        return launch_sweep.launch(order(**asked), RunRequest(dataset_version=version, student=student), by=admin)

    return _launch
