"""Freezing: what a version holds, and that it never changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.db import DatabaseError, transaction
from rest_framework.test import APIClient

from members.models import Member
from review.datasets import freezing
from review.datasets import queries as selectors
from review.datasets import write_version as writing
from review.models import Dataset, DatasetFile, DatasetRow, DatasetVersion, Record, Task
from review.states import Role
from tests.review import factories
from tests.review.datasets import golds
from tests.review.shared_desk import shared
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def rows(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> Iterator[bool]:
    """A task of thirty judged records."""

    def make(admin: Member) -> None:
        task = factories.make_task(by=admin)
        golds.make_drafts(task, golds.make_records(task, 30))
        golds.decide_each(admin, task, [["accept", "accept", "edit", "reject"][index % 4] for index in range(30)])

    yield from shared(request, django_db_blocker, make)


@pytest.fixture
def admin(rows: bool, db: None) -> Member:
    return Member.objects.get(username="ada")


@pytest.fixture
def task(request: pytest.FixtureRequest, admin: Member) -> Task:
    """The judged one for a test that asks for judged records, else one without any."""
    if "judged" in request.fixturenames:
        return Task.objects.get(slug="outreach")
    return factories.make_task(by=admin, slug="unjudged")


@pytest.fixture
def judged(task: Task) -> list[Record]:
    return list(Record.objects.filter(task=task).order_by("row_number"))


def frozen(task: Task, by: Member, *, dataset: str = "Gold", **order: Any) -> DatasetVersion:
    selection = Dataset.objects.filter(task=task, name=dataset).first() or freezing.create(task, name=dataset, by=by)
    return golds.sealed(freezing.freeze(selection, by=by, **order))


def lines(version: DatasetVersion, split: str, format_: str = "sft") -> list[dict[str, Any]]:
    file = selectors.file_of(version, split, format_)
    assert file is not None
    with default_storage.open(file.path) as handle:
        data = handle.read()
    assert hashlib.sha256(data).hexdigest() == file.sha256
    return [json.loads(line) for line in data.splitlines()]


def test_a_version_holds_accepted_and_edited_drafts_in_the_splits_of_their_records(
    task: Task, admin: Member, judged: list[Record]
) -> None:
    version = frozen(task, admin)

    split_of = {str(record.pk): record.split for record in judged}
    rows = {split: lines(version, split) for split in ("train", "validation", "test")}
    assert sum(map(len, rows.values())) == version.counts["rows"] == 23
    for split, found in rows.items():
        assert {split_of[json.loads(row["meta"])["record"]] for row in found} <= {split}


def test_an_edited_draft_teaches_what_the_expert_wrote(task: Task, admin: Member, judged: list[Record]) -> None:
    version = frozen(task, admin)

    rows = [row for split in ("train", "validation", "test") for row in lines(version, split)]
    edited = [row for row in rows if json.loads(row["meta"])["verdict"] == "edit"]
    assert edited
    assert all(row["completion"][0]["content"].startswith("Subject: A better subject\n\n") for row in edited)


def test_freezing_the_same_golds_twice_gives_the_same_hash_and_the_same_bytes(
    task: Task, admin: Member, judged: list[Record]
) -> None:
    first, second = (frozen(task, admin, dataset=name) for name in ("Gold", "Same gold"))

    assert first.pk != second.pk
    assert first.content_hash == second.content_hash
    assert {f.sha256 for f in selectors.files_of(first)} == {f.sha256 for f in selectors.files_of(second)}


def test_an_attempt_that_comes_late_never_takes_a_sealed_file_away(
    task: Task, admin: Member, judged: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    version = freezing.freeze(freezing.create(task, name="Late", by=admin), by=admin)
    gone: list[str] = []

    def seal_meanwhile(done: int, total: int) -> None:
        if not selectors.files_of(version):
            writing.seal(version.pk, writing.write(version.pk, report=lambda done, total: None))
            monkeypatch.setattr(default_storage, "delete", gone.append)

    writing.write(version.pk, report=seal_meanwhile)

    sealed = {file.path for file in selectors.files_of(version)}
    assert sealed
    assert not sealed & set(gone)
    assert all(default_storage.exists(path) for path in sealed)


@pytest.mark.slow
def test_a_later_decision_changes_the_next_version_only(task: Task, admin: Member, judged: list[Record]) -> None:
    before = frozen(task, admin)
    golds.make_drafts(task, judged[:1], variant=5)
    golds.decide(admin, task)

    after = frozen(task, admin)

    before.refresh_from_db()
    assert after.counts["rows"] == before.counts["rows"] + 1
    assert after.content_hash != before.content_hash


def test_near_duplicates_within_a_split_leave_the_earliest(task: Task, admin: Member) -> None:
    records = golds.make_records(task, 1)
    golds.make_drafts(task, records)
    golds.make_drafts(task, records)
    golds.decide(admin, task)
    golds.decide(admin, task)

    version = frozen(task, admin)

    assert version.counts["rows"] == 1
    assert version.counts["dropped"] == {"near_duplicate": 1}


def test_near_duplicates_across_splits_are_both_left_out(task: Task, admin: Member) -> None:
    records = golds.make_records(task, 60)
    by_split = {record.split: record for record in records}
    same = golds.mail(records[0])
    factories.make_drafts(task, [by_split["train"], by_split["test"]], fields=[same, same])
    golds.make_drafts(task, [by_split["validation"]])
    for _ in range(3):
        golds.decide(admin, task)

    version = frozen(task, admin)

    assert version.counts["dropped"] == {"straddles": 2}
    assert version.counts["splits"] == {"train": 0, "validation": 1, "test": 0}


@pytest.mark.slow(after_first=True)
def test_a_frozen_version_refuses_every_change_below_the_orm(task: Task, admin: Member, judged: list[Record]) -> None:
    version = frozen(task, admin)
    row = DatasetRow.objects.filter(version=version)[0]
    changes: list[Callable[[], Any]] = [
        lambda: DatasetVersion.objects.filter(pk=version.pk).update(note="other"),
        lambda: DatasetVersion.objects.filter(pk=version.pk)._raw_delete("default"),
        lambda: DatasetRow.objects.filter(version=version)._raw_delete("default"),
        lambda: DatasetRow.objects.filter(version=version).update(row_hash="0" * 64),
        lambda: DatasetRow.objects.create(
            version=version, draft_id=row.draft_id, decision_id=row.decision_id, split="train", row_hash="x"
        ),
        lambda: DatasetFile.objects.filter(version=version).update(sha256="0" * 64),
    ]

    for change in changes:
        with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
            change()


def test_nothing_to_freeze_is_said(task: Task, admin: Member) -> None:
    dataset = freezing.create(task, name="Gold", by=admin)

    with pytest.raises(Refusal, match="nothing to freeze"):
        freezing.freeze(dataset, by=admin)


def test_a_reviewer_may_not_freeze(task: Task, admin: Member, reviewer: Member, judged: list[Record]) -> None:
    factories.join(reviewer, task, Role.REVIEWER)
    dataset = freezing.create(task, name="Gold", by=admin)

    with pytest.raises(PermissionDenied, match="lead"):
        freezing.freeze(dataset, by=reviewer)


def test_an_unknown_filter_is_named(task: Task, admin: Member, api_as: Callable[..., APIClient]) -> None:
    answer = api_as(admin).post(
        "/api/v1/datasets/", {"task": task.slug, "name": "Gold", "filters": {"verdict": ["accept"]}}, format="json"
    )

    assert answer.status_code == 400
    assert "filters.verdict" in answer.json()["errors"]


@pytest.mark.slow
def test_rows_stream_with_the_hash_as_etag_and_ranges_resume(
    task: Task, admin: Member, judged: list[Record], api_as: Callable[..., APIClient]
) -> None:
    version = frozen(task, admin)
    client, url = api_as(admin, scopes=("datasets",)), f"/api/v1/dataset-versions/{version.pk}/rows.jsonl"

    whole = client.get(url, {"split": "train"})
    body = b"".join(whole)
    part = client.get(url, {"split": "train"}, HTTP_RANGE="bytes=10-")
    again = client.get(url, {"split": "train"}, HTTP_IF_NONE_MATCH=whole["ETag"])

    assert whole["ETag"] == f'"{hashlib.sha256(body).hexdigest()}"'
    assert (part.status_code, b"".join(part)) == (206, body[10:])
    assert again.status_code == 304


def test_what_no_file_has_is_refused(
    task: Task, admin: Member, judged: list[Record], api_as: Callable[..., APIClient]
) -> None:
    client, url = api_as(admin), f"/api/v1/dataset-versions/{frozen(task, admin).pk}/rows.jsonl"

    split, format_ = client.get(url, {"split": "all"}), client.get(url, {"format": "csv"})
    beyond, there = client.get(url, HTTP_RANGE="bytes=99999999-"), client.get(url, {"split": "test", "format": "raw"})

    assert [answer.status_code for answer in (split, format_, beyond, there)] == [400, 400, 416, 200]
