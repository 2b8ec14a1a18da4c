"""Groups that an earlier version wrote otherwise, renamed by a migration."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from review.models import Record
from tests.review.factories import make_records, make_source

pytestmark = pytest.mark.django_db
MIGRATION = import_module("review.migrations.0003_group_names")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([("acme ag", "train"), ("other", "test")], ["acme", "other"]),
        ([("acme ag", "train"), ("acme", "train")], ["acme", "acme"]),
        ([("acme ag", "train"), ("acme", "test")], ["acme", "acme ag"]),
    ],
)
def test_groups_get_their_normal_names_unless_that_ties_two_splits(task, before, after):
    records = make_records(make_source(task), len(before))
    for record, (group, split) in zip(records, before, strict=True):
        Record.objects.filter(pk=record.pk).update(group=group, split=split)

    MIGRATION.rename_groups(apps, connection.schema_editor())

    assert sorted(Record.objects.values_list("group", flat=True)) == after
