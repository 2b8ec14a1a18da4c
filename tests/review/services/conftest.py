"""A task with judged records, and a frozen version of it."""

from __future__ import annotations

import pytest

from members.models import Member
from review.datasets import freezing
from review.models import DatasetVersion, Record, Task
from tests.review.datasets import golds as judged_golds
from tests.review.datasets.golds import sealed


@pytest.fixture
def records(task: Task, admin: Member) -> list[Record]:
    """Twelve records, each with a judged draft: accepted, edited or rejected in turn."""
    records = judged_golds.make_records(task, 12)
    judged_golds.make_drafts(task, records)
    judged_golds.decide_each(admin, task, ["accept", "edit", "reject"] * 4)
    return records


@pytest.fixture
def version(task: Task, admin: Member, records: list[Record]) -> DatasetVersion:
    dataset = freezing.create(task, name="Gold", by=admin)
    return sealed(freezing.freeze(dataset, by=admin))
