"""A task whose lead is signed in, with a folder of its own for what is uploaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from members.models import Member
from review.models import Task
from tests.review.factories import make_task

SignIn = Callable[[Member], Client]


@pytest.fixture
def task(admin: Member) -> Task:
    return make_task(by=admin)


@pytest.fixture(autouse=True)
def own_var(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


@pytest.fixture
def client(task: Task, admin: Member, as_member: SignIn) -> Client:
    return as_member(admin)
