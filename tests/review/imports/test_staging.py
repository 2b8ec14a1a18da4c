"""A large import lets others write meanwhile, and is all there or not at all all the same."""

from __future__ import annotations

import sqlite3
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection

from members.models import Member
from review.celery_tasks import take_back_imports
from review.models import Record, Source, Task
from review.sources import queries
from review.sources.imports import draft_import, import_drafts, import_records, staging
from review.sources.imports.record_import import CHUNK
from review.sources.imports.verdicts import import_decisions, verdict_import
from tests.review.factories import make_task
from tests.review.imports.conftest import GOOD, Write
from tests.review.imports.watching import arriving_source, aside, at_each_claim
from web.errors import Refusal

ROWS = 3 * CHUNK


def prospects(count: int, *, last: str = "") -> str:
    return "company,sector\n" + "".join(f"Company {number} Ltd,steel\n" for number in range(count)) + last


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_rows_are_committed_a_few_at_a_time_and_show_at_the_end(task: Task, admin: Member, write: Write) -> None:
    path, committed, shown = write(prospects(ROWS)), [0], []

    def look() -> None:
        committed.append(aside(Record.everything.count))
        shown.append(aside(lambda: (Record.objects.count(), Source.objects.count(), task.sources.count())))

    with at_each_claim(look):
        result = import_records(task, path, by=admin)

    steps = [after - before for before, after in pairwise(committed)]
    assert 0 < max(steps) <= CHUNK
    assert set(shown) == {(0, 0, 0)}
    assert (result.rows_added, Record.objects.count(), task.sources.count()) == (ROWS, ROWS, 1)
    assert Source.everything.get().arriving_until is None


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_another_writer_finds_the_database_free_between_two_chunks(task: Task, admin: Member, write: Write) -> None:
    path, free = write(prospects(ROWS)), []

    def look() -> None:
        if connection.vendor == "sqlite":
            other = sqlite3.connect(connection.settings_dict["NAME"], timeout=0)
            other.execute("BEGIN IMMEDIATE")
            other.close()
        else:
            aside(lambda: Member.objects.filter(pk=admin.pk).update(display_name="Free"))
        free.append(True)

    with at_each_claim(look):
        import_records(task, path, by=admin)

    assert len(free) > ROWS / CHUNK


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_bad_last_row_leaves_nothing_of_what_was_written(task: Task, admin: Member, write: Write) -> None:
    with pytest.raises(Refusal) as refused:
        import_records(task, write(prospects(ROWS, last="Short\n")), by=admin)

    assert refused.value.code == "rows_bad"
    assert (Record.everything.count(), Source.everything.count()) == (0, 0)


@pytest.mark.django_db
def test_what_arrives_is_there_for_nobody(task: Task, admin: Member, write: Write) -> None:
    source = arriving_source(task, admin, write(GOOD))

    assert not queries.visible_records(admin).exists()
    assert not queries.visible_sources(admin).exists()
    assert not source.records.exists()
    assert queries.record_counts(task).value["train"] == 0


@pytest.mark.django_db
@pytest.mark.parametrize("take", [import_records, import_drafts])
def test_a_second_import_waits_its_turn(task: Task, admin: Member, write: Write, take: Any) -> None:
    arriving_source(task, admin, write(GOOD))

    with pytest.raises(Refusal) as refused:
        take(task, write("company,sector,subject,body\nAcme,steel,Hello,Hello there\n"), by=admin)

    assert (refused.value.code, refused.value.status) == ("import_running", 409)


@pytest.mark.django_db
def test_an_import_that_was_cut_off_is_taken_back_and_no_other(task: Task, admin: Member, write: Write) -> None:
    import_records(task, write(GOOD), by=admin)
    cut_off = arriving_source(task, admin, write("x"), ago_s=staging.LEASE_S + 1)
    running = arriving_source(make_task(by=admin, slug="other"), admin, write("y"))

    take_back_imports()

    assert not Source.everything.filter(pk=cut_off.pk).exists()
    assert Source.everything.filter(pk=running.pk).exists()
    assert {record.title for record in Record.everything.all()} == {"Acme Ltd", "Bolt GmbH", "Half"}
    assert import_records(task, write(prospects(1)), by=admin).rows_added == 1


@pytest.mark.django_db
def test_who_stood_still_for_too_long_writes_no_more(task: Task, admin: Member, write: Write) -> None:
    source = arriving_source(task, admin, write(GOOD), ago_s=staging.LEASE_S + 1)

    with pytest.raises(Refusal) as refused:
        staging.renew(source)

    assert refused.value.code == "import_lost"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("take", "limit", "head", "tail"),
    [
        (import_drafts, (draft_import, "MAX_DRAFTS"), "", ""),
        (import_decisions, (verdict_import, "MAX_VERDICTS"), ",said.verdict,said.reviewer", ",accept,kim"),
    ],
)
def test_more_than_one_transaction_takes_are_refused(
    task: Task,
    admin: Member,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    take: Any,
    limit: Any,
    head: str,
    tail: str,
) -> None:
    monkeypatch.setattr(*limit, 3)
    file = "company,sector,subject,body" + head + "\n"
    four = write(file + "".join(f"C{number},steel,Hello,Hello {number}{tail}\n" for number in range(4)))
    three = write(file + "".join(f"C{number},steel,Hello,Hello {number}{tail}\n" for number in range(3)), "three.csv")

    with pytest.raises(Refusal) as refused:
        take(task, four, by=admin)

    assert (refused.value.code, refused.value.status) == ("too_many_rows", 413)
    assert not Source.everything.exists()
    assert take(task, three, by=admin).rows_added == 3
