"""A promoted miniature with its task and members, made once for a module whose tests are ordinary transactions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.test import override_settings

from members.models import Member
from review.models import Task
from review.states import Role
from tests.campaigns.routed_rows import promoted_miniature
from tests.review import factories as desk
from tests.shared_rows import rolled_back
from training.models import Miniature

__all__ = ["admin", "lead", "miniature", "miniature_of_the_module", "task"]


@pytest.fixture(scope="module")
def miniature_of_the_module(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[UUID]:
    folder = tmp_path_factory.mktemp("routed")
    with override_settings(STUDENT_ROOTS=[folder / "students"]), rolled_back(django_db_blocker):
        admin = Member.objects.create(username="ada", is_superuser=True, is_staff=True)
        task = desk.make_task(by=admin)
        desk.join(Member.objects.create(username="lea"), task, Role.LEAD)
        yield promoted_miniature(task, admin, folder).pk


@pytest.fixture
def admin(db: None, miniature_of_the_module: UUID) -> Member:
    return Member.objects.get(username="ada")


@pytest.fixture
def lead(db: None, miniature_of_the_module: UUID) -> Member:
    return Member.objects.get(username="lea")


@pytest.fixture
def task(db: None, miniature_of_the_module: UUID) -> Task:
    return Miniature.objects.get(pk=miniature_of_the_module).run.dataset_version.dataset.task


@pytest.fixture
def miniature(db: None, miniature_of_the_module: UUID) -> Miniature:
    return Miniature.objects.get(pk=miniature_of_the_module)
