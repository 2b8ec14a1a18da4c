"""Transactional tests leave the database as a fresh one is: table by table, and just as Django's flush would."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import models, transaction
from django.db.utils import DatabaseError
from django.utils import timezone

from tests import clean_slate

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
