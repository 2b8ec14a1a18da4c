"""`manage.py migrate`: what it refuses, and that a second time changes nothing."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from functools import partial
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

ROOT = Path(__file__).parents[2]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["0001_initial", "0017_threads_of_drafts"])
def test_a_database_of_another_version_is_refused_with_the_way_out(name: str):
    MigrationRecorder(connection).record_applied("review", name)

    with pytest.raises(CommandError, match=rf"it knows review\.{name}.*make demo-reset"):
        call_command("migrate", verbosity=0)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_way_out_works_on_a_database_from_before(tmp_path: Path):
    """The demo's own commands, one after the other, on a folder that an older version left."""
    data, other_disk = tmp_path / "data", tmp_path / "other-disk"
    for folder in (data, other_disk):
        folder.mkdir()
    (other_disk / "kept").touch()
    (data / "runs").symlink_to(other_disk)
    with closing(sqlite3.connect(data / "miniatures.sqlite3")) as old:
        old.execute("CREATE TABLE django_migrations (id integer PRIMARY KEY, app text, name text, applied datetime)")
        old.execute("INSERT INTO django_migrations VALUES (1, 'review', '0001_initial', '2026-11-01')")
        old.execute("CREATE TABLE review_draft (id integer PRIMARY KEY)")
        old.commit()
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "TEST_DATABASE_URL")},
        "DJANGO_SETTINGS_MODULE": "miniatures_site.settings.dev",
        "VAR_DIR": str(data),
    }
    manage = partial(subprocess.run, cwd=ROOT, env=environment, capture_output=True, text=True)

    refused = manage([sys.executable, "manage.py", "migrate"])
    reset = manage([sys.executable, "manage.py", "demo_reset"])
    again = manage([sys.executable, "manage.py", "migrate"])

    assert (refused.returncode, refused.stderr.count("make demo-reset")) == (1, 1)
    assert reset.returncode == 0, reset.stderr
    assert again.returncode == 0
    assert "No migrations to apply." in again.stdout
    assert ((data / "runs").is_symlink(), (other_disk / "kept").exists()) == (False, True)


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
