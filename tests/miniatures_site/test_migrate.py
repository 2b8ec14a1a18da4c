"""`manage.py migrate`: what it refuses, and that a second time changes nothing."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder


@pytest.mark.django_db
def test_a_database_of_another_version_is_refused_with_the_way_out():
    MigrationRecorder(connection).record_applied("review", "0017_threads_of_drafts")

    with pytest.raises(CommandError, match=r"it knows review\.0017_threads_of_drafts.*make demo-reset"):
        call_command("migrate", verbosity=0)


@pytest.mark.slow
@pytest.mark.django_db
def test_migrations_of_a_package_that_is_gone_are_none_of_its_business():
    MigrationRecorder(connection).record_applied("gone", "0001_initial")

    call_command("migrate", verbosity=0)


@pytest.mark.slow
@pytest.mark.django_db
def test_migrating_again_changes_nothing():
    said = StringIO()

    call_command("migrate", stdout=said)

    assert "No migrations to apply." in said.getvalue()
