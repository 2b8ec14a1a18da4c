"""A desk of forty drafts, a lead, two reviewers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from members.models import Member
from review.models import Task
from tests.review import factories
from tests.review.shared_desk import shared


@pytest.fixture(scope="module")
def is_shared(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> Iterator[bool]:
    yield from shared(request, django_db_blocker, make)


def make(admin: Member) -> Task:
    return factories.make_desk(by=admin, count=40)


@pytest.fixture
def admin(is_shared: bool, make_member: Callable[..., Member]) -> Member:
    return Member.objects.get(username="ada") if is_shared else make_member("ada", admin=True)


@pytest.fixture
def task(is_shared: bool, admin: Member) -> Task:
    return Task.objects.get(slug="outreach") if is_shared else make(admin)
