"""A version with enough records to share out, and sweeps on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from members.models import Member
from review.models import DatasetVersion
from tests.training.conftest import freeze
from tests.training.sweeping import order
from training.models import Student, Sweep
from training.sweeps import launch_sweep


@pytest.fixture
def version(task: Any, admin: Member) -> DatasetVersion:
    return freeze(task, admin, train=20, validation=4)


@pytest.fixture
def sweep_of(version: DatasetVersion, student: Student, admin: Member) -> Callable[..., Sweep]:
    def _launch(**asked: Any) -> Sweep:
        return launch_sweep.launch(order(**asked), dataset_version=version, student=student, by=admin)

    return _launch
