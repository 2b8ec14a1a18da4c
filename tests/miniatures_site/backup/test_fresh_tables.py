"""An empty database gets all tables at once: the same as one migration after the other makes, or none."""

from __future__ import annotations

from io import StringIO
from unittest.mock import patch

import pytest
from django.core.exceptions import FieldError
from django.core.management import call_command

from miniatures_site import fresh_tables
from tests.miniatures_site.backup.houses import schema

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(1200)]

EXECUTE = "from django.db import connection; connection.cursor().execute"
BREAK_OFF = """
from unittest.mock import patch
from django.db.migrations.executor import MigrationExecutor
from miniatures_site import fresh_tables
with patch.object(MigrationExecutor, "record_migration", side_effect=KeyError):
    try:
        fresh_tables.create()
    except KeyError:
        print("EMPTY" if fresh_tables.is_empty() else "HALF")
"""


@pytest.mark.slow
def test_tables_made_at_once_are_those_of_all_migrations(build):
    at_once, one_by_one = build("at-once"), build("one-by-one")

    said = at_once.run("migrate", "--skip-checks")
    one_by_one.python(f"{EXECUTE}('CREATE TABLE other (id int)')")
    one_by_one.run("migrate", "-v0", "--skip-checks")
    one_by_one.python(f"{EXECUTE}('DROP TABLE other')")

    assert "Making the tables of an empty database" in said
    assert schema(at_once) == schema(one_by_one)
    assert at_once.run("showmigrations") == one_by_one.run("showmigrations")
    assert "no changes" in at_once.run("makemigrations", "--check", "--dry-run").lower()


def test_no_change_of_a_model_is_without_its_migration():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_a_creation_that_breaks_off_leaves_no_table(build):
    assert "EMPTY" in build("broken-off").python(BREAK_OFF)


def test_what_a_migration_cannot_do_at_once_is_migrated_step_by_step():
    said, why = StringIO(), StringIO()
    with (
        patch.object(fresh_tables, "is_empty", return_value=True),
        patch.object(fresh_tables, "create", side_effect=FieldError("no field 'primary'")),
    ):
        call_command("migrate", stdout=said, stderr=why)

    assert "no field 'primary'" in why.getvalue()
    assert "No migrations to apply" in said.getvalue()


@pytest.mark.parametrize("words", [["--plan"], ["--check"], ["members"]])
def test_other_ways_to_migrate_make_no_tables(words):
    with (
        patch.object(fresh_tables, "is_empty", return_value=True),
        patch.object(fresh_tables, "create", side_effect=AssertionError),
    ):
        call_command("migrate", *words, stdout=StringIO())
