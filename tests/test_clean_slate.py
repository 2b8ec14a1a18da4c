"""Transactional tests leave the database as a fresh one is: table by table, and just as Django's flush would."""

from __future__ import annotations

import threading
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection, connections, models, transaction
from django.db.utils import DatabaseError
from django.utils import timezone

from generation.models import PriceEntry
from members.models import Member
from review.db import immutability, text_index
from review.models import SearchText, TaskVersion
from tests import clean_slate
from tests.review import factories

pytestmark = pytest.mark.django_db(transaction=True)

# What each kind of column holds in a made-up row.
MADE_UP: dict[type[models.Field[Any, Any]], Any] = {
    models.BooleanField: False, models.IntegerField: 1, models.FloatField: 1.0, models.DecimalField: Decimal(1),
    models.DateTimeField: timezone.now(), models.DateField: date(2026, 1, 1), models.TimeField: time(9),
    models.UUIDField: UUID(int=1), models.JSONField: {}, models.BinaryField: b"x", models.DurationField: timedelta(1),
    models.GenericIPAddressField: "127.0.0.1",
}  # fmt: skip
# Tables whose conditions refuse a made-up row where they cannot be ignored.
REFUSING_AT_MOST = 25


def made_up(field: models.Field[Any, Any]) -> Any:
    """A value of the field's kind; for a foreign key one of the kind it points at."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    if field.has_default():
        return field.get_default()
    return next((value for kind, value in MADE_UP.items() if isinstance(field, kind)), "x")


def put_a_row_in_every_table() -> tuple[set[str], set[str]]:
    """Tables that took a row, and those whose conditions refused it."""
    filled, refusing = set(), set()
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.managed or model._meta.proxy:
            continue
        fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]
        row = model(**{field.attname: made_up(field) for field in fields})
        try:
            with transaction.atomic():
                model._base_manager.bulk_create([row])
            filled.add(model._meta.db_table)
        except DatabaseError:
            refusing.add(model._meta.db_table)
    return filled, refusing


def test_every_table_is_emptied() -> None:
    fresh = clean_slate.remember()
    with clean_slate.unchecked():
        filled, refusing = put_a_row_in_every_table()
    assert filled <= set(clean_slate.remember().rows)
    assert len(refusing) <= REFUSING_AT_MOST, refusing

    clean_slate.wipe(fresh)

    assert clean_slate.remember() == fresh


@pytest.mark.slow
def test_it_leaves_what_djangos_flush_leaves(admin: Member) -> None:
    factories.make_desk(by=admin, count=3)
    Permission.objects.first().delete()
    PriceEntry.objects.all().delete()
    with immutability.disabled():
        call_command("flush", verbosity=0, interactive=False, allow_cascade=True)
    flushed = clean_slate.remember()

    factories.make_desk(by=make_admin(), count=3)
    Permission.objects.first().delete()
    PriceEntry.objects.all().delete()
    clean_slate.wipe(flushed)

    assert clean_slate.remember() == flushed


def make_admin() -> Member:
    return Member.objects.create(username="eve", is_superuser=True, is_staff=True)


def test_what_a_migration_made_is_put_back_as_it_was() -> None:
    fresh = clean_slate.remember()
    PriceEntry.objects.update(note="changed")
    Permission.objects.last().delete()

    clean_slate.wipe(fresh)

    assert clean_slate.remember() == fresh


def test_triggers_that_a_test_dropped_are_there_again() -> None:
    fresh = clean_slate.remember()
    immutability.uninstall()

    clean_slate.wipe(fresh)

    assert immutability.missing() == []


def test_guards_hold_after_their_table_was_emptied(admin: Member) -> None:
    fresh = clean_slate.remember()
    factories.make_desk(by=admin, count=1)

    clean_slate.wipe(fresh)

    assert immutability.missing() == []
    factories.make_desk(by=make_admin(), count=1)
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        TaskVersion.objects.update(number=9)


def test_words_of_a_text_index_go_with_their_rows(admin: Member) -> None:
    fresh = clean_slate.remember()
    factories.make_desk(by=admin, count=3)
    assert SearchText.objects.exists()

    clean_slate.wipe(fresh)

    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {text_index.FTS}_docsize")
            assert cursor.fetchone() == (0,)


@pytest.mark.postgres_only
def test_a_connection_that_a_thread_left_open_is_ended() -> None:
    left: list[Any] = []

    def leave() -> None:
        connections["default"].ensure_connection()
        left.append(connections["default"])

    thread = threading.Thread(target=leave)
    thread.start()
    thread.join()
    clean_slate.end_other_connections()

    with pytest.raises(psycopg.OperationalError):
        left[0].connection.execute("SELECT 1")
    left[0].connection.close()
