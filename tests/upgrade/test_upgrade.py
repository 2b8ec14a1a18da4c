"""An installation of each release becomes this version's: every row is there, and the product works on it.

So does the release's own code on the newer tables, for as long as processes of both versions run, and for whoever goes
back a step.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from miniatures_site.backup import archive, manifest
from tests.miniatures_site.backup.houses import House, databases
from tests.upgrade.make import BACKUP, CODE, HERE

RELEASES = sorted(path.parent.name for path in HERE.glob(f"*/{BACKUP}"))
COUNTS = "from miniatures_site.backup import databases; import json; print('COUNTS', json.dumps(databases.counts()))"
# Tables that a migration or a restore itself adds to, and those that no backup brings.
OWN = {"django_migrations", "django_content_type", "auth_permission", "audit_auditrow", "django_session"}

pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.timeout(900)]


@pytest.fixture(scope="module", params=RELEASES)
def release(request) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def upgraded(django_db_setup, tmp_path_factory, release) -> Iterator[House]:
    with databases(tmp_path_factory.mktemp("houses")) as build:
        house = build(release)
        house.run("restore", str(HERE / release / BACKUP))
        yield house


def test_each_release_is_kept() -> None:
    assert "0.2.0" in RELEASES


def test_every_row_of_a_release_is_there(upgraded: House, release: str, tmp_path: Path) -> None:
    with archive.unpacked(HERE / release / BACKUP, near=tmp_path) as folder:
        kept = {table: rows for table, rows in manifest.read(folder).tables.items() if rows and table not in OWN}

    said = next(line for line in upgraded.python(COUNTS).splitlines() if line.startswith("COUNTS"))

    now = json.loads(said.removeprefix("COUNTS"))
    assert len(kept) > 20
    assert {table: now.get(table) for table in kept} == kept


def test_a_release_s_own_code_works_on_the_tables_of_this_version(
    upgraded: House, release: str, tmp_path: Path
) -> None:
    with tarfile.open(HERE / release / CODE) as code:
        code.extractall(tmp_path, filter="data")
    (tmp_path / "look.py").write_text((HERE / "look.py").read_text())

    done = subprocess.run(
        [sys.executable, "look.py"],
        cwd=tmp_path,
        env={**os.environ, **upgraded.environment, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    require_well(done.stdout)


def test_this_version_works_on_an_installation_of_a_release(upgraded: House) -> None:
    require_well(upgraded.python("from tests.upgrade import look; look.main()"))


def require_well(said: str) -> None:
    answers = json.loads(said.splitlines()[-1])
    assert {path: status for path, status in answers.items() if status not in (200, 201)} == {}
    assert len(answers) > 20
