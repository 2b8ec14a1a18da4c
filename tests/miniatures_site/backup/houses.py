"""Installations of their own for tests of backups: a folder and a database each, driven by the real commands.

To set Django up takes longer than most commands, so each installation does it once and forks a process for each
command; `from_nothing` starts one as a person would.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from uuid import uuid4

import psycopg
from django.db import connection

from tests.nursery import Nursery

ROOT = Path(__file__).resolve().parent.parent.parent.parent
PATIENCE_S = 900
FACTS = "from tests.miniatures_site.backup import seed; print('FACTS', seed.facts())"
SIGN_IN = """
from tests.miniatures_site.backup import seed
print('LET IN', seed.is_let_in(seed.PASSWORD), seed.is_let_in('wrong ' + seed.PASSWORD))
"""
SCHEMA = """
from django.db import connection
kinds = ("primary_key", "unique", "foreign_key", "check", "index")
with connection.cursor() as cursor:
    for table in sorted(connection.introspection.table_names(cursor)):
        for column in connection.introspection.get_table_description(cursor, table):
            print("SCHEMA", table, column.name, column.type_code, column.display_size, column.null_ok)
        for rule in connection.introspection.get_constraints(cursor, table).values():
            print("SCHEMA", table, rule["columns"], [rule[kind] for kind in kinds])
"""
TRIALS = """
from jobs.models import BackupTrial
for trial in BackupTrial.objects.all():
    print('TRIAL', trial.file_name, trial.bytes, bool(trial.made_at), bool(trial.verified_at), trial.problem)
"""


@dataclass
class House:
    """One installation.

    Attributes:
        var: Its folder.
        url: Its database.
        storage: Where its artefacts lie, if not in its folder.
    """

    var: Path
    url: str
    storage: str = ""

    @property
    def database(self) -> str:
        """Its file, on PostgreSQL its name."""
        return self.url.removeprefix("sqlite:///") if connection.vendor != "postgresql" else self.url.rpartition("/")[2]

    def run(self, *line: str, fails: bool = False, from_nothing: bool = False) -> str:
        """Run `manage.py` here; returns what it says. A failure that was not expected fails the test."""
        if not from_nothing:
            return self._forked("manage", *line, fails=fails)
        done = subprocess.run(
            [sys.executable, "manage.py", *line], cwd=ROOT, env={**os.environ, **self.environment},
            capture_output=True, text=True, timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        return _told(done.returncode, done.stdout + done.stderr, fails=fails)

    def python(self, code: str) -> str:
        """Run a few lines with Django set up here."""
        return self._forked("tests.miniatures_site.backup.lines", code, fails=False)

    def close(self) -> None:
        """End the process that forks; no command comes after."""
        if "_nursery" in vars(self):
            self._nursery.close()

    @cached_property
    def _nursery(self) -> Nursery:
        return Nursery(["tests.miniatures_site.backup.set_up"], **self.environment)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "DJANGO_SETTINGS_MODULE": "miniatures_site.settings.test", "PYTHONPATH": str(ROOT),
            "TEST_VAR_DIR": str(self.var), "TEST_DATABASE_URL": self.url, "TEST_STORAGE_URL": self.storage,
        }  # fmt: skip

    def _forked(self, module: str, *line: str, fails: bool) -> str:
        with tempfile.TemporaryDirectory(prefix="miniatures-said-") as folder:
            log = Path(folder) / "log"
            status = self._nursery.start(module, *line, log=log, cwd=ROOT).wait(PATIENCE_S)
            return _told(status, log.read_text(), fails=fails)


def facts(house: House) -> str:
    """What is in a house, in one line that two houses can be compared by."""
    return next(line for line in house.python(FACTS).splitlines() if line.startswith("FACTS"))


def schema(house: House) -> list[str]:
    """List a house's columns and constraints, whatever order they were made in."""
    lines = sorted(line for line in house.python(SCHEMA).splitlines() if line.startswith("SCHEMA"))
    assert len(lines) > 1000
    return lines


def lets_in_with_the_password_alone(house: House) -> bool:
    """Whether a house's member signs in with their password, and with no other."""
    return "LET IN True False" in house.python(SIGN_IN)


def trials(house: House) -> list[str]:
    """The trials that a house has recorded, the newest first."""
    return [line for line in house.python(TRIALS).splitlines() if line.startswith("TRIAL")]


def _told(status: int, said: str, *, fails: bool) -> str:
    assert bool(status) == fails, said
    return said


@contextmanager
def databases(folder: Path) -> Iterator[callable]:
    """Make houses whose databases are of the kind this test runs on, and drop them at the end."""
    made: list[str] = []
    houses: list[House] = []

    def build(name: str, *, like: str = "") -> House:
        """An empty house, or one with a copy of a database (file or name) that nobody is at now."""
        var = folder / name
        var.mkdir()
        if connection.vendor != "postgresql":
            if like:
                with closing(sqlite3.connect(like)) as old, closing(sqlite3.connect(var / "db.sqlite3")) as new:
                    old.backup(new)
            houses.append(House(var, f"sqlite:///{var / 'db.sqlite3'}"))
            return houses[-1]
        database = f"house_{uuid4().hex[:10]}"
        template = f" TEMPLATE {like}" if like else ""
        with _server() as server:
            server.execute(f"CREATE DATABASE {database}{template}")
        made.append(database)
        given = connection.settings_dict
        houses.append(House(var, f"postgres://{given['USER']}@{given['HOST']}:{given['PORT']}/{database}"))
        return houses[-1]

    yield build
    for house in houses:
        house.close()
    for database in made:
        with _server() as server:
            server.execute(f"DROP DATABASE {database} WITH (FORCE)")


@contextmanager
def _server() -> Iterator[psycopg.Connection]:
    given = connection.settings_dict
    with psycopg.connect(
        host=given["HOST"], port=given["PORT"], user=given["USER"], password=given["PASSWORD"], dbname="postgres",
        autocommit=True,
    ) as server:  # fmt: skip
        yield server
