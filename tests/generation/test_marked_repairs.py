"""Repairs of earlier versions are known again by their ids."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid5

import pytest
from django.apps import apps
from django.db import connection

from generation.engine.repairs import repair_id
from generation.models import Call, Order

pytestmark = pytest.mark.django_db
MIGRATION: Any = import_module("generation.migrations.0011_corrections_and_claims")


def put(order: Order, pk: UUID, position: int) -> Call:
    return Call.objects.create(pk=pk, order=order, record_id=order.record_ids[0], position=position, state="failed")


def test_the_second_call_of_a_place_is_marked_and_no_other(order: Order) -> None:
    planned = [put(order, uuid5(order.pk, str(n)), n) for n in range(3)]
    repair = put(order, UUID(repair_id(str(planned[1].pk))), 1)

    MIGRATION.mark_repairs(apps, SimpleNamespace(connection=connection))

    assert list(Call.objects.filter(is_repair=True)) == [repair]
