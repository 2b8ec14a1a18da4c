"""A database of each release becomes this version's: every row is there, and the product works on it, as the release itself still does."""

from __future__ import annotations

import json
import lzma
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests.upgrade.make import HERE, ROOT, environment, program

RELEASES = sorted(path.parent.name for path in HERE.glob("*/commit"))
# Tables that a migration itself adds to.
OWN = {"django_migrations", "django_content_type", "auth_permission"}


def test_the_first_release_is_among_them() -> None:
    assert "0.1.0" in RELEASES


@pytest.mark.slow
@pytest.mark.sqlite_only
@pytest.mark.parametrize("release", RELEASES)
def test_a_database_of_a_release_becomes_this_version_on_sqlite(release: str, tmp_path: Path) -> None:
    file = tmp_path / "kept.sqlite3"
    file.write_bytes(lzma.decompress((HERE / release / "demo.sqlite3.xz").read_bytes()))

    def rows() -> dict[str, int]:
        with closing(sqlite3.connect(file)) as database:
            names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
            return {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in names}

    before = rows()
    upgrade(tmp_path, f"sqlite:///{file}")
    assert kept(before, rows()) == kept(before, before)
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    works(tmp_path, f"sqlite:///{file}", code=code_of(release, tmp_path))
    works(tmp_path, f"sqlite:///{file}")


@pytest.mark.slow
@pytest.mark.postgres_only
@pytest.mark.parametrize("release", RELEASES)
def test_a_database_of_a_release_becomes_this_version_on_postgresql(
    release: str, tmp_path: Path, database_url: str
) -> None:
    dump = lzma.decompress((HERE / release / "demo.sql.xz").read_bytes())
    subprocess.run(
        [program("psql"), "-q", "-v", "ON_ERROR_STOP=1", "-o", os.devnull, database_url], input=dump, check=True
    )

    def rows() -> dict[str, int]:
        with psycopg.connect(database_url) as line:
            names = line.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            return {name: line.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in names}

    before = rows()
    upgrade(tmp_path, database_url)
    assert kept(before, rows()) == kept(before, before)
    works(tmp_path, database_url, code=code_of(release, tmp_path))
    works(tmp_path, database_url)


@pytest.fixture
def database_url() -> Iterator[str]:
    """An empty database on the server of the tests, gone afterwards."""
    server, name = os.environ["TEST_DATABASE_URL"], f"upgrade_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as line:
        line.execute(f"CREATE DATABASE {name}")
    try:
        yield f"{server.rpartition('/')[0]}/{name}"
    finally:
        with psycopg.connect(server, autocommit=True) as line:
            line.execute(f"DROP DATABASE {name} WITH (FORCE)")


def kept(before: dict[str, int], now: dict[str, int]) -> dict[str, int]:
    """How many rows each table has now that a release had with rows in it."""
    return {table: now.get(table, 0) for table, count in before.items() if count and table not in OWN}


def upgrade(var: Path, url: str) -> None:
    command(var, url, "manage.py", "migrate", "-v0")


def code_of(release: str, folder: Path) -> Path:
    """A release's own code, which runs on the newer tables while processes are exchanged, and for who goes back a step."""
    code = folder / "code"
    with tarfile.open(HERE / release / "code.tar.xz") as kept:
        kept.extractall(code, filter="data")
    shutil.copy(HERE / "look.py", code)
    return code


def works(var: Path, url: str, *, code: Path = ROOT) -> None:
    """Look at the installation, by this code or by a release's."""
    line = ["-m", "tests.upgrade.look"] if code == ROOT else ["look.py"]
    answers = json.loads(command(var, url, *line, code=code).splitlines()[-1])
    assert {path: status for path, status in answers.items() if status not in (200, 201)} == {}
    assert len(answers) > 20


def command(var: Path, url: str, *words: str, code: Path = ROOT) -> str:
    done = subprocess.run(
        [sys.executable, *words], cwd=code, env=environment(var, url), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}"
    return done.stdout
