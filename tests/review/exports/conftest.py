"""A task whose drafts were accepted, edited, rejected, chosen and revised, and versions frozen from it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.core.files.storage import default_storage

from members.models import Member
from review.datasets import freezing
from review.datasets import queries as selectors
from review.models import Dataset, DatasetVersion, Record, Task
from tests.review import factories
from tests.review.datasets import golds
from tests.review.shared_desk import shared

ALL = {"verdicts": ["accept", "edit", "reject"]}
SPLITS = ("train", "validation", "test")
Freeze = Callable[..., DatasetVersion]


@pytest.fixture(scope="module")
def is_shared(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> Iterator[bool]:
    yield from shared(request, django_db_blocker, lambda admin: judge_twelve(factories.make_task(by=admin), admin))


def judge_twelve(task: Task, admin: Member) -> None:
    """Twelve records with a draft each: accepted, edited, rejected in turn."""
    golds.make_drafts(task, golds.make_records(task, 12))
    golds.decide_each(admin, task, ["accept", "edit", "reject"] * 4)


@pytest.fixture
def admin(is_shared: bool, make_member: Callable[..., Member]) -> Member:
    return Member.objects.get(username="ada") if is_shared else make_member("ada", admin=True)


@pytest.fixture
def task(request: pytest.FixtureRequest, is_shared: bool, admin: Member) -> Task:
    """The judged one for a test that asks for judged records, else one without any."""
    if is_shared and "judged" in request.fixturenames:
        return Task.objects.get(slug="outreach")
    return factories.make_task(by=admin, slug="unjudged")


@pytest.fixture
def judged(is_shared: bool, task: Task, admin: Member) -> list[Record]:
    """Twelve records with a draft each: accepted, edited, rejected in turn."""
    if not is_shared:
        judge_twelve(task, admin)
    return list(Record.objects.filter(task=task).order_by("row_number"))


@pytest.fixture
def freeze(task: Task, admin: Member) -> Freeze:
    def make(name: str = "Gold", **filters: Any) -> DatasetVersion:
        dataset = Dataset.objects.filter(task=task, name=name).first() or freezing.create(task, name=name, by=admin)
        return frozen(dataset, by=admin, **filters)

    return make


def frozen(dataset: Dataset, *, by: Member, **filters: Any) -> DatasetVersion:
    """A version of everything judged, frozen as the worker does it."""
    return golds.sealed(freezing.freeze(dataset, by=by, filters={**ALL, **filters}))


def data_of(version: DatasetVersion, split: str, format_: str, container: str = "jsonl") -> bytes:
    file = selectors.file_of(version, split, format_, container)
    assert file is not None
    with default_storage.open(file.path) as handle:
        return bytes(handle.read())


def rows_of(version: DatasetVersion, format_: str, container: str = "jsonl") -> list[dict[str, Any]]:
    """Rows of all splits."""
    found: list[dict[str, Any]] = []
    for split in SPLITS:
        data = data_of(version, split, format_, container)
        found += (
            list(map(json.loads, data.splitlines()))
            if container == "jsonl"
            else pq.read_table(io.BytesIO(data)).to_pylist()
        )
    return found


def meta(row: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(row["meta"]))
