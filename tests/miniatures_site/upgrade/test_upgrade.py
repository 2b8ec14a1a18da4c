"""From each release on: its database with rows in it comes to this version with every row as it was, and works."""

from __future__ import annotations

import pytest

from tests.miniatures_site.backup.houses import databases
from tests.miniatures_site.upgrade.releases import RELEASES

# Each command is a process of its own; on a busy machine that takes its time.
pytestmark = [pytest.mark.django_db, pytest.mark.timeout(1200)]
OLD = "from tests.miniatures_site.upgrade import old_rows\n"
AFTER = """
from django.db import DatabaseError
from django.test import Client
from members.models import Member
from miniatures_site.backup import making
from review import immutability
from review.models import Draft, Decision, Task
from review.services import decisions, golds, queue
from audit.services import seals
print('MISSING', immutability.missing())
before = making.golds_hash()
print('GOLDS', golds.rebuild(), making.golds_hash() == before)
try:
    Decision.objects.update(note='x')
    print('REFUSED no')
except DatabaseError:
    print('REFUSED yes')
ada = Member.objects.get()
client = Client(headers={'host': 'localhost'})
client.force_login(ada, backend='django.contrib.auth.backends.ModelBackend')
pages = ['/', '/tasks/old/', '/tasks/old/review/', '/tasks/old/review/list/', '/tasks/old/datasets/', '/datasets/old-gold/',
         '/datasets/old-gold/v/1/', '/tasks/old/review/drafts/%s/' % Decision.objects.first().draft_id]
print('PAGES', {client.get(page).status_code for page in pages})
print('CARDS', len(queue.deal(ada, Task.objects.get(), count=5)))
print('AUDIT', seals.verify().trouble == '')
"""


@pytest.mark.parametrize("release", RELEASES)
def test_a_database_of_a_release_comes_to_this_version(release, django_db_setup, tmp_path):
    with databases(tmp_path) as build:
        house = build("old")
        told = house.python(f"{OLD}old_rows.lay({release!r})\nprint('TOLD', old_rows.told())")

        house.run("migrate", "-v0")

        after = house.python(f"{OLD}print('TOLD', old_rows.told())")
        found = dict(line.split(" ", 1) for line in house.python(AFTER).splitlines() if line.split(" ")[0].isupper())

    line = next(line for line in told.splitlines() if line.startswith("TOLD"))
    assert line in after
    assert found == {
        "MISSING": "[]", "GOLDS": "11 True", "REFUSED": "yes", "PAGES": "{200}", "CARDS": "1", "AUDIT": "True"
    }  # fmt: skip


def test_upgrading_twice_changes_nothing(django_db_setup, tmp_path):
    with databases(tmp_path) as build:
        house = build("twice")
        house.run("migrate", "-v0")

        said = house.run("migrate")

    assert "No migrations to apply." in said


def test_every_release_names_migrations_that_are_still_here():
    from django.db.migrations.loader import MigrationLoader

    there = MigrationLoader(None, ignore_no_migrations=True).disk_migrations

    assert [each for release in RELEASES.values() for each in release.items() if each not in there] == []
