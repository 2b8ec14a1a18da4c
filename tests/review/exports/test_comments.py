"""Comments in the format `raw`: whose, when and what, masked like notes; rows without any stay as they were."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import jsonschema
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.utils import timezone
from rest_framework.test import APIClient

from members.models import Member
from review.datasets import exports, queries
from review.datasets.exports import RAW_SCHEMA, RAW_VERSION
from review.desk.comments import writing
from review.erasure.erase import erase_records
from review.models import Comment, DatasetFile, DatasetVersion, Gold, Record, Task
from tests.review.exports.conftest import Freeze, rows_of

pytestmark = pytest.mark.django_db


def raw(version: DatasetVersion) -> list[dict[str, object]]:
    files = [queries.file_of(version, split, "raw") for split in ("train", "validation", "test")]
    return [json.loads(line) for file in files if file for line in default_storage.open(file.path)]


def file_of(remark: Comment, version: DatasetVersion) -> DatasetFile:
    return DatasetFile.objects.get(version=version, format="raw", container="jsonl", split=remark.draft.record.split)


@pytest.fixture
def remark(judged: list[Record], task: Task, admin: Member) -> Comment:
    gold = Gold.objects.filter(task=task, verdict="accept").order_by("draft")[0]
    return writing.add(gold.draft_id, by=admin, id=uuid4(), text="Good, says ann@example.org.")


def test_a_row_holds_the_comments_on_its_draft(remark: Comment, freeze: Freeze) -> None:
    rows = {row["id"]: row for row in raw(freeze())}

    assert rows[str(remark.draft_id)]["comments"] == [
        {"id": str(remark.pk), "author": "ada", "text": remark.text, "at": remark.created_at.isoformat()}
    ]
    assert sum("comments" in row for row in rows.values()) == 1
    for row in rows.values():
        jsonschema.validate(row, RAW_SCHEMA, format_checker=jsonschema.FormatChecker())


def test_parquet_holds_what_a_line_of_raw_does(remark: Comment, freeze: Freeze) -> None:
    version = freeze()

    lines, rows = rows_of(version, "raw"), rows_of(version, "raw", "parquet")

    assert [row["comments"] and json.loads(row["comments"]) for row in rows] == [row.get("comments") for row in lines]
    assert sum(row["comments"] is not None for row in rows) == 1


def test_comments_are_masked_and_those_of_later_left_out(remark: Comment, freeze: Freeze) -> None:
    masked = {row["id"]: row for row in raw(freeze(personal_data="mask"))}
    Comment.objects.filter(pk=remark.pk).update(created_at=timezone.now() + timedelta(days=1))
    before = raw(freeze(as_of=timezone.now().isoformat()))

    assert "ann@example.org" not in masked[str(remark.draft_id)]["comments"][0]["text"]
    assert not any("comments" in row for row in before)


def test_an_erased_row_loses_its_comments_and_whatever_else_is_not_known_to_hold_no_text(
    remark: Comment, freeze: Freeze
) -> None:
    version = freeze()
    file = file_of(remark, version)
    lines = [json.loads(line) for line in default_storage.open(file.path)]
    later = [line | {"names": ["ann@example.org"]} for line in lines]
    default_storage.delete(file.path)
    default_storage.save(file.path, ContentFile(b"".join(exports.line(line) for line in later)))

    erase_records([remark.draft.record_id])

    row = next(row for row in raw(version) if row["id"] == str(remark.draft_id))
    assert "ann@example.org" not in json.dumps(row)
    jsonschema.validate(row, RAW_SCHEMA, format_checker=jsonschema.FormatChecker())
    parquet_rows = rows_of(version, "raw", "parquet")
    assert [row["comments"] for row in parquet_rows if row["id"] == str(remark.draft_id)] == [None]


def test_what_an_erasure_of_an_earlier_release_left_goes_by_the_command_and_with_the_next_erasure(
    remark: Comment, freeze: Freeze, judged: list[Record], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    version, draft_id = freeze(), str(remark.draft_id)
    comments = next(row["comments"] for row in raw(version) if row["id"] == draft_id)
    erase_records([remark.draft.record_id])
    buried = raw(version)

    def leave_comments() -> None:
        """Write the file as it was left: the row erased, its comments not."""
        file = file_of(remark, version)
        lines = [json.loads(line) for line in default_storage.open(file.path)]
        default_storage.delete(file.path)
        left = [line | ({"comments": comments} if line["id"] == draft_id else {}) for line in lines]
        default_storage.save(file.path, ContentFile(b"".join(map(exports.line, left))))

    leave_comments()
    with django_capture_on_commit_callbacks(execute=True):
        call_command("person", "erase-again", stdout=StringIO())
    assert raw(version) == buried

    leave_comments()
    erase_records([next(record.pk for record in judged if record.pk != remark.draft.record_id)])
    assert not any("comments" in row for row in raw(version))


def test_the_schema_and_the_manifest_tell_the_version(
    remark: Comment, freeze: Freeze, admin: Member, api_as: Callable[..., APIClient]
) -> None:
    schema = api_as(admin).get("/api/v1/dataset-versions/raw.schema.json").json()

    assert schema["version"] == freeze().manifest["raw_version"] == RAW_VERSION == 2
