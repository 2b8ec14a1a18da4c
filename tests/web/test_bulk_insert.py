"""Rows that are poured are the rows that `save` would have written, on either database."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from members.models import Member
from review.models import Record, Source, Task
from tests.review.factories import make_source, make_task
from web.db.bulk_insert import BulkInserter, as_json

HARD = ["plain", "tab\tand\nline", "back\\slash \\N \\.", "quote \" ' “ ”", "שלום \U0001f600", "", "a\rb", "{}", "NULL"]
VARYING = ("id", "row_number", "title", "facts", "group", "split", "content_hash")

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(admin: Member) -> Source:
    return make_source(make_task(by=admin))


def row(number: int, text: str) -> tuple[str | int, ...]:
    return (f"{number:032x}", number, text[:200], as_json({"company": text}), "g", "train", f"{number:064x}")


def pattern(source: Source) -> Record:
    return Record(task_id=source.task_id, source=source)


@pytest.mark.parametrize("text", HARD)
def test_every_text_comes_back_as_it_was(source, text):
    BulkInserter(pattern(source), VARYING).pour([row(1, text)])

    record = Record.objects.get()
    assert (record.title, record.facts, record.row_number) == (text[:200], {"company": text}, 1)


def test_what_no_row_brings_is_as_save_would_have_it(source):
    BulkInserter(pattern(source), VARYING).pour([row(number, "x") for number in range(3000)])
    saved = Record.objects.create(
        task=source.task,
        source=source,
        row_number=9999,
        title="x",
        facts={},
        group="g",
        split="train",
        content_hash="s",
    )

    poured = Record.objects.get(row_number=2999)
    assert Record.objects.count() == 3001
    same = ("domain", "erased_at", "erased_hash", "task_id", "source_id")
    assert [getattr(poured, name) for name in same] == [getattr(saved, name) for name in same]
    assert abs((saved.created_at - poured.created_at).total_seconds()) < 60


def test_constraints_hold(source):
    pour = BulkInserter(pattern(source), VARYING)

    with pytest.raises(IntegrityError):
        pour.pour([row(1, "a"), row(1, "b")])


def test_nothing_is_poured_where_there_are_no_rows(source):
    BulkInserter(pattern(source), VARYING).pour([])

    assert not Record.objects.exists()


def test_a_field_that_is_none_is_named():
    with pytest.raises(ValueError, match="has no field 'colour'"):
        BulkInserter(Record(), ("colour",))


def test_a_task_is_not_touched_by_its_pattern(source):
    before = Task.objects.values().get()

    BulkInserter(pattern(source), VARYING).pour([row(1, "a")])

    assert Task.objects.values().get() == before
