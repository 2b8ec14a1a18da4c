"""Constraints and indexes of the models are in the migrated database: a migration may drop more than it names."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import CheckConstraint

pytestmark = pytest.mark.django_db


def test_every_constraint_and_index_of_the_models_is_in_the_database() -> None:
    missing = []
    with connection.cursor() as cursor:
        for model in apps.get_models():
            table = model._meta.db_table
            if not model._meta.managed or model._meta.proxy:
                continue
            there = connection.introspection.get_constraints(cursor, table).keys()
            declared = [*model._meta.constraints, *model._meta.indexes]
            missing += [
                f"{table}.{each.name}"
                for each in declared
                # SQLite names checks only where their text is parsed.
                if each.name not in there and not (connection.vendor == "sqlite" and isinstance(each, CheckConstraint))
            ]

    assert missing == []
