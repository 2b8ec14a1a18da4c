"""Installations whose artefacts lie in object storage: backed up into a folder, and restored over what is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from tests.miniatures_site.backup.conftest import local_s3
from tests.miniatures_site.backup.houses import House, facts, lets_in_with_the_password_alone

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(1200)]
ODD = "odd names/ä b.bin"
# Work that came after the backup, and a file that was lost.
LIVE_ON = """
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from members.models import Member
Member.objects.create(username='eve')
default_storage.save('mine.txt', ContentFile(b'mine'))
default_storage.delete('odd names/ä b.bin')
"""
ARTEFACTS = """
from django.core.files.storage import default_storage
from miniatures_site.backup import file_swap
from web.disk.stored_names import stored_names
for name in stored_names(default_storage):
    print('STORED', file_swap.measure(name).sha256, name)
"""


def stored(house: House) -> set[str]:
    """Name and hash of each artefact, a line each."""
    return {line for line in house.python(ARTEFACTS).splitlines() if line.startswith("STORED")}


@pytest.fixture(scope="module")
def in_bucket(build, empty) -> Iterator[House]:
    """An installation with people and golds in it, whose artefacts lie in a bucket."""
    with pytest.MonkeyPatch.context() as patch, local_s3(patch) as address:
        house = build("in-a-bucket", like=empty.database)
        house.storage = address
        house.python("from tests.miniatures_site.backup import seed; seed.fill()")
        assert not (house.var / "artefacts").exists()
        yield house


@pytest.fixture(scope="module")
def lived(in_bucket) -> str:
    return facts(in_bucket)


@pytest.fixture(scope="module")
def kept(in_bucket) -> set[str]:
    """Artefacts at the time of the backup."""
    return stored(in_bucket)


@pytest.fixture(scope="module")
def sealed(in_bucket) -> str:
    """What is said of the trail's sealed days at that time."""
    return in_bucket.run("verify_audit")


@pytest.fixture(scope="module")
def backup(in_bucket, lived, kept, sealed, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("backups") / "today"
    assert "is verified" in in_bucket.run("backup", str(folder))
    return folder


@pytest.mark.slow
def test_a_backup_from_a_bucket_comes_back_into_a_folder(backup, lived, kept, sealed, build):
    new = build("in-a-folder")

    new.run("restore", str(backup))

    assert facts(new) == lived
    assert stored(new) == kept
    assert len(kept) > 1
    assert new.run("verify_audit") == sealed
    assert lets_in_with_the_password_alone(new)
    assert (new.var / "artefacts" / ODD).is_file()


@pytest.mark.slow
def test_with_force_a_full_installation_gets_what_its_bucket_lacks_and_keeps_what_is_there(
    in_bucket, backup, lived, kept, sealed
):
    in_bucket.python(LIVE_ON)
    beside = stored(in_bucket) - kept
    assert kept - stored(in_bucket)
    assert "--force" in in_bucket.run("restore", str(backup), fails=True)

    said = in_bucket.run("restore", str(backup), "--force")

    assert facts(in_bucket) == lived
    assert stored(in_bucket) == kept | beside
    assert [line.rpartition(" ")[2] for line in beside] == ["mine.txt"]
    assert in_bucket.run("verify_audit") == sealed
    assert lets_in_with_the_password_alone(in_bucket)
    aside = "schema before_" if connection.vendor == "postgresql" else "db.sqlite3.before-"
    assert [line for line in said.splitlines() if line.startswith("What was here before: ") and aside in line]


@pytest.mark.slow
def test_a_lost_database_comes_back_beside_the_bucket_that_outlived_it(in_bucket, backup, lived, kept, build):
    new = build("without-database")
    new.storage = in_bucket.storage
    before = stored(new)

    assert "storage of artefacts is not empty" in new.run("restore", str(backup), fails=True)
    new.run("restore", str(backup), "--force")

    assert facts(new) == lived
    assert stored(new) == before | kept
