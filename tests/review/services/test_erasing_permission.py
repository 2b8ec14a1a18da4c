"""What the database permits to be erased: inside the one transaction that asked, and nothing else."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from members.models import Member
from review.db import immutability
from review.models import DatasetVersion, Decision, Record, Task
from tests.review import factories
from tests.review.datasets import golds as judged_golds

pytestmark = pytest.mark.django_db


def refused(change: Callable[[], object], why: str = "never changes") -> None:
    with pytest.raises(DatabaseError, match=why), transaction.atomic():
        change()


def test_inside_erasing_the_text_of_a_decision_changes_and_nothing_else(records: list[Record]) -> None:
    rows = Decision.objects.filter(draft__record=records[0])
    before = rows.values().get()

    with immutability.erasing():
        rows.update(note="x", fields={"subject": "y"})
        refused(lambda: rows.update(seconds=99))
        refused(lambda: rows.update(note="z", verdict="reject"))
        refused(lambda: rows.update(fields=None, body_hash="0" * 64))
        refused(rows.delete)

    assert rows.values().get() == {**before, "note": "x", "fields": {"subject": "y"}}


def test_outside_erasing_nothing_changes_before_or_after(records: list[Record]) -> None:
    rows = Decision.objects.filter(draft__record=records[0])

    refused(lambda: rows.update(note="x"))
    with immutability.erasing():
        rows.update(note="once")
    refused(lambda: rows.update(note="again"))

    assert rows.get().note == "once"


def test_an_error_inside_takes_the_permission_with_it(records: list[Record]) -> None:
    rows = Decision.objects.filter(draft__record=records[0])

    def broken() -> None:
        with immutability.erasing():
            rows.update(note="half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()

    refused(lambda: rows.update(note="x"))
    assert rows.get().note == ""


def test_what_is_said_by_hand_opens_nothing(records: list[Record]) -> None:
    rows = Decision.objects.filter(draft__record=records[0])
    by_hand = (
        ["SET miniatures.erasing = 'on'", "SET miniatures.erasing = '1'"]
        if connection.vendor == "postgresql"
        else [
            "CREATE TABLE IF NOT EXISTS review_erasing (is_on integer NOT NULL)",
            "INSERT INTO review_erasing VALUES (1)",
        ]
    )

    for statement in by_hand:
        with connection.cursor() as cursor:
            cursor.execute(statement)
        refused(lambda: rows.update(note="unseen"))

    assert rows.get().note == ""


def test_the_table_that_gave_permission_before_is_dropped() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS review_erasing (is_on integer NOT NULL)")
    immutability.install()

    assert "review_erasing" not in connection.introspection.table_names()
    assert immutability.missing() == []


# SQLite's triggers ask the program; PostgreSQL's ask the transaction.
@pytest.mark.sqlite_only
def test_a_program_of_another_kind_cannot_change_what_may_be_erased(tmp_path: Path, records: list[Record]) -> None:
    trigger = next(each for each in immutability.GUARDS if each.erasable)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sql FROM sqlite_master WHERE name IN (%s, %s) ORDER BY type",
            [trigger.table, trigger.trigger("UPDATE")],
        )
        made = [row[0] for row in cursor.fetchall()]
    with closing(sqlite3.connect(tmp_path / "copy.sqlite3")) as other:
        for statement in made:
            other.execute(statement)

        with pytest.raises(sqlite3.OperationalError, match="review_is_erasing"):
            other.execute(f"UPDATE {trigger.table} SET note = 'unseen'")


def test_what_names_no_erasable_column_stays_refused_inside(task: Task, version: DatasetVersion) -> None:
    with immutability.erasing():
        refused(lambda: task.versions.update(note="x"), "make the next version")
        refused(lambda: DatasetVersion.objects.filter(pk=version.pk).update(note="x"), "is frozen")
        refused(lambda: version.rows.update(row_hash="0" * 64), "is frozen")
        refused(lambda: version.files.update(format="dpo"), "is frozen")


@pytest.mark.django_db(transaction=True)
def test_the_permission_of_one_transaction_is_no_other_ones(admin: Member) -> None:
    task = factories.make_task(by=admin)
    factories.make_drafts(task, factories.make_records(factories.make_source(task), 1))
    decision = judged_golds.decide(admin, task)
    is_open, tried, outcome = threading.Event(), threading.Event(), list[str]()

    def other() -> None:
        is_open.wait(60)
        try:
            if connection.vendor == "postgresql":
                with transaction.atomic():
                    Decision.objects.filter(pk=decision.pk).update(note="stolen")
            else:
                # SQLite lets nobody write beside it; what another connection's triggers are told is what counts.
                with connection.cursor() as cursor:
                    cursor.execute("SELECT review_is_erasing()")
                    outcome.append(f"told {cursor.fetchone()[0]}")
        except DatabaseError as error:
            outcome.append(str(error))
        finally:
            tried.set()
            connection.close()

    thread = threading.Thread(target=other)
    thread.start()
    with immutability.erasing():
        is_open.set()
        tried.wait(60)
    thread.join()

    assert outcome and ("never changes" in outcome[0] or outcome == ["told 0"])
    assert Decision.objects.get(pk=decision.pk).note == ""
