from __future__ import annotations

import pytest

from members.models import Member
from review.models import Task
from tests.evaluation.retrieval import rows
from tests.review import factories


@pytest.fixture
def pages(admin: Member) -> Task:
    task = factories.make_task(by=admin, slug="ferries")
    rows.store_pages(task, by=admin)
    return task
