"""Migrate once: a test database begins as a copy of one that all migrations have run on.

Making the tables takes some seconds of a core, for every pytest process. The copy is kept in pytest's cache
(PostgreSQL: as a database of its server) under a key of the migrations, so that each change of them makes a new one.
Django's own `migrate` runs on the copy as on any database, with nothing left to do but `post_migrate`.
"""

from __future__ import annotations

import fcntl
import hashlib
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.db import connection

from miniatures_site import fresh_tables

ROOT = Path(__file__).parent.parent
# Whose migrations run beside ours.
OTHERS = ("django", "django-allauth", "django-rest-knox")
MAKER = "miniatures_site/fresh_tables.py"
OWN_IMPORT = re.compile(r"^(?:from|import) ([a-z_]+\.[\w.]+)", re.MULTILINE)


def key() -> str:
    """Hash all migrations, what of ours they import, what makes their tables, and the versions of others'."""
    migrations = sorted(ROOT.glob("*/migrations/*.py"))
    imported = {
        ROOT / f"{name.replace('.', '/')}.py" for file in migrations for name in OWN_IMPORT.findall(file.read_text())
    }
    digest = hashlib.sha256(" ".join(map(version, OTHERS)).encode())
    for file in (*migrations, *sorted(path for path in {*imported, ROOT / MAKER} if path.exists())):
        digest.update(f"{file.relative_to(ROOT)}\n{file.read_text()}".encode())
    return digest.hexdigest()[:16]


def begin_with_a_copy(folder: Path) -> None:
    """Have Django's next test database made from a migrated one, which is made first where it is missing."""
    if connection.vendor == "postgresql":
        connection.settings_dict["TEST"]["TEMPLATE"] = template(folder)
        return
    create = connection.creation._create_test_db

    def copy(*arguments: Any, **options: Any) -> str:
        to = create(*arguments, **options)
        shutil.copy(template(folder), to)
        return str(to)

    connection.creation._create_test_db = copy  # type: ignore[method-assign]


def template(folder: Path) -> str:
    """A migrated database, made first where it is missing, for copies alone: its file, on PostgreSQL its name."""
    return (_postgresql if connection.vendor == "postgresql" else _sqlite)(folder, f"migrated_{key()}")


def _sqlite(folder: Path, name: str) -> str:
    file = folder / f"{name}.sqlite3"
    with locked(folder):
        if not file.exists():
            for old in folder.glob("migrated_*"):
                old.unlink()
            half = file.with_suffix(".half")
            migrate(str(half))
            half.rename(file)
    return str(file)


def _postgresql(folder: Path, name: str) -> str:
    half = f"{name}_half"
    with locked(folder), connection.creation._nodb_cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if not cursor.fetchone():
            cursor.execute(f"DROP DATABASE IF EXISTS {half}")
            cursor.execute(f"CREATE DATABASE {half}")
            migrate(half)
            cursor.execute(f"ALTER DATABASE {half} RENAME TO {name}")
    return name


def migrate(database: str) -> None:
    """Make the tables of an empty database, without the signals that Django's command sends."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = database
    try:
        fresh_tables.create()
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Be the only process in a folder; others wait."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
