"""Decisions, task versions and frozen dataset versions refuse every change, on the database in use."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from members.models import Member
from review.db import immutability
from review.db.system_checks import check_triggers
from review.models import (
    Dataset,
    DatasetFile,
    DatasetRow,
    DatasetVersion,
    Decision,
    Draft,
    Task,
    TaskVersion,
    UnjudgedRow,
)
from review.states import Split, Verdict
from tests.review.factories import make_desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(admin: Member) -> Task:
    return make_desk(by=admin, count=2)


@pytest.fixture
def decision(task: Task, admin: Member) -> Decision:
    draft = Draft.objects.filter(task=task)[0]
    return Decision.objects.create(
        id=uuid4(), draft=draft, task=task, reviewer=admin, verdict=Verdict.ACCEPT, before_hash="a" * 64,
        body_hash="b" * 64
    )  # fmt: skip


@pytest.fixture
def version(task: Task, decision: Decision) -> DatasetVersion:
    """A frozen version with one row and one file."""
    dataset = Dataset.objects.create(task=task, slug="golds", name="Golds")
    version = DatasetVersion.objects.create(dataset=dataset, number=1)
    DatasetRow.objects.create(
        version=version, draft_id=decision.draft_id, decision=decision, split=Split.TRAIN, row_hash="c" * 64
    )
    _file(version, "sft")
    DatasetVersion.objects.filter(pk=version.pk).update(frozen_at=timezone.now(), content_hash="d" * 64)
    version.refresh_from_db()
    return version


def _file(version: DatasetVersion, form: str) -> DatasetFile:
    return DatasetFile.objects.create(
        version=version, split=Split.TRAIN, format=form, path="x", sha256="e" * 64, bytes=1, rows=1
    )


def refused(change: Callable[[], object], why: str) -> None:
    with pytest.raises(DatabaseError, match=why), transaction.atomic():
        change()


def test_a_decision_refuses_update_and_delete(decision: Decision) -> None:
    rows = Decision.objects.filter(pk=decision.pk)

    refused(lambda: rows.update(note="changed"), "A decision never changes")
    refused(lambda: rows.delete(), "A decision never changes")

    assert Decision.objects.get(pk=decision.pk).note == ""


def test_a_task_version_refuses_update_and_delete(task: Task) -> None:
    rows = TaskVersion.objects.filter(task=task)

    refused(lambda: rows.update(note="changed"), "make the next version")
    refused(lambda: rows._raw_delete("default"), "make the next version")

    assert rows.get().note == ""


def test_a_version_can_be_prepared_until_it_is_frozen(task: Task) -> None:
    dataset = Dataset.objects.create(task=task, slug="draft", name="Draft")
    version = DatasetVersion.objects.create(dataset=dataset, number=1)
    file = _file(version, "sft")

    DatasetFile.objects.filter(pk=file.pk).update(rows=2)
    file.delete()
    DatasetVersion.objects.filter(pk=version.pk)._raw_delete("default")

    assert not DatasetVersion.objects.filter(dataset=dataset).exists()


def test_a_frozen_version_refuses_update_and_delete(version: DatasetVersion) -> None:
    rows = DatasetVersion.objects.filter(pk=version.pk)

    refused(lambda: rows.update(note="changed"), "is frozen and never changes")
    refused(lambda: rows.update(frozen_at=None), "is frozen and never changes")
    refused(lambda: rows._raw_delete("default"), "is frozen and never changes")

    assert rows.get().is_frozen


@pytest.mark.parametrize("model", [DatasetRow, DatasetFile])
def test_rows_and_files_of_a_frozen_version_refuse_update_and_delete(version: DatasetVersion, model: type) -> None:
    rows = model.objects.filter(version=version)

    refused(lambda: rows.update(split=Split.TEST), "is frozen and never changes")
    refused(lambda: rows._raw_delete("default"), "is frozen and never changes")

    assert rows.get().split == Split.TRAIN


def test_unjudged_rows_of_a_frozen_version_refuse_every_change(task: Task, version: DatasetVersion) -> None:
    draft = Draft.objects.filter(task=task).latest("pk")
    open_version = DatasetVersion.objects.create(dataset=version.dataset, number=2)
    row = UnjudgedRow.objects.create(version=open_version, draft=draft, row_hash="f" * 64)
    DatasetVersion.objects.filter(pk=open_version.pk).update(frozen_at=timezone.now())
    rows = UnjudgedRow.objects.filter(pk=row.pk)

    refused(lambda: rows.update(row_hash="0" * 64), "is frozen and never changes")
    refused(lambda: rows._raw_delete("default"), "is frozen and never changes")
    refused(
        lambda: UnjudgedRow.objects.create(version=version, draft=draft, row_hash="f" * 64),
        "is frozen and never changes",
    )

    assert rows.get().row_hash == "f" * 64


def test_nothing_is_added_to_a_frozen_version(version: DatasetVersion) -> None:
    refused(lambda: _file(version, "raw"), "is frozen and never changes")

    assert version.files.count() == 1


def test_a_file_cannot_be_moved_into_a_frozen_version(version: DatasetVersion) -> None:
    open_version = DatasetVersion.objects.create(dataset=version.dataset, number=2)
    file = _file(open_version, "raw")

    refused(lambda: DatasetFile.objects.filter(pk=file.pk).update(version=version), "is frozen and never changes")

    assert version.files.count() == 1


def test_truncate_is_refused_where_the_database_has_it(decision: Decision) -> None:
    if connection.vendor != "postgresql":
        assert not any("truncate" in name for name in immutability._triggers(connection))
        return

    connection.check_constraints()  # PostgreSQL truncates no table with checks still to come
    with connection.cursor() as cursor:
        refused(lambda: cursor.execute("TRUNCATE review_decision CASCADE"), "A decision never changes")

    assert Decision.objects.exists()


def test_the_system_check_names_a_missing_trigger_and_installing_mends_it(db: None) -> None:
    assert check_triggers(["default"]) == []
    on = " ON review_decision" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER review_decision_refuse_update{on}")

    found = check_triggers(["default"])
    immutability.install()

    assert [message.id for message in found] == ["review.E001"]
    assert "review_decision_refuse_update" in found[0].msg
    assert check_triggers(["default"]) == []


def test_while_migrations_are_to_come_a_table_without_any_trigger_is_passed_over(db: None) -> None:
    def drop(*names: str) -> None:
        with connection.cursor() as cursor:
            for name in names:
                on = f" ON {name.rpartition('_refuse_')[0]}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER {name}{on}")

    kinds = ("update", "delete", *(["truncate"] if connection.vendor == "postgresql" else []))
    drop(*(f"evaluation_studyverdict_refuse_{kind}" for kind in kinds))
    assert len(check_triggers(["default"])) == len(kinds)

    newest = MigrationLoader(connection).graph.leaf_nodes("review")[0]
    MigrationRecorder(connection).record_unapplied(*newest)
    assert check_triggers(["default"]) == []

    drop("review_decision_refuse_update")
    assert ["review_decision_refuse_update" in message.msg for message in check_triggers(["default"])] == [True]
    immutability.install()


def test_inside_disabled_rows_change_and_after_it_they_do_not(decision: Decision) -> None:
    rows = Decision.objects.filter(pk=decision.pk)

    with immutability.disabled():
        rows.update(note="mended")

    refused(lambda: rows.update(note="again"), "never changes")
    assert rows.get().note == "mended"
