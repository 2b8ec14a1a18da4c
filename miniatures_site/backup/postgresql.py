"""Dump a PostgreSQL database, and restore it in one transaction, by PostgreSQL's own programs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

from django.db import connection, transaction

from miniatures_site.backup.rollback import Rollback
from web.errors import Refusal

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

T = TypeVar("T")
FILE = "database.pgdump"
ADDRESS = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
# Of DATABASE_URL's query; a server that wants TLS wants it of these programs too.
FROM_OPTIONS = {
    "PGSSLMODE": "sslmode",
    "PGSSLROOTCERT": "sslrootcert",
    "PGSSLCERT": "sslcert",
    "PGSSLKEY": "sslkey",
    "PGCHANNELBINDING": "channel_binding",
    "PGCONNECT_TIMEOUT": "connect_timeout",
    "PGPASSFILE": "passfile",
}
# Settings at the head of a dump: time limits and the like.
SETTING = re.compile(rb"SET (\w+) = .*;\s*")
OF_THE_HEAD = (b"--", b"SET ", b"SELECT pg_catalog.set_config(", b"\\restrict ", b"\n", b"\r\n")
# The limits under which a server ends the session whose snapshot pg_dump reads.
TIME_LIMITS = ("idle_in_transaction_session_timeout", "transaction_timeout", "statement_timeout")


def dump(target: Path, *, look: Callable[[CursorWrapper], T]) -> T:
    """Dump one snapshot to a file, however long that takes; writers continue meanwhile.

    Args:
        look: Called with a cursor inside the snapshot; what it returns is returned.

    Raises:
        Refusal: pg_dump is missing, older than the server, or does not do it.
    """
    _require_not_older("pg_dump")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        _lift_limits(cursor)
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        fingerprint = look(cursor)
        _run(
            "pg_dump",
            "--format=custom",
            "--no-owner",
            "--no-acl",
            "--exclude-schema=before_*",
            "--compress=1",
            f"--snapshot={snapshot}",
            f"--file={target}",
        )
    return fingerprint


def require_loadable(source: Path) -> None:
    """Read the dump's table of contents, and find the programs that would load it.

    Raises:
        Refusal: pg_restore or psql is missing, or pg_restore is too old for this dump.
    """
    _find("psql")
    _run("pg_restore", "--list", str(source))


def load(source: Path, *, stamp: str, undo: Rollback) -> str:
    """Load a dump in the place of the schema `public`, which is renamed aside in the same transaction.

    A crash, of this program or of the server, leaves the schema that was there.

    Returns:
        The schema that holds the earlier tables now.

    Raises:
        Refusal: The programs do not do it.
    """
    aside = f"before_{stamp.lower()}"
    settings = _settings_known()
    connection.close()
    undo.add("the schema public", lambda: _swap_back(aside))
    _stream(source, f'ALTER SCHEMA public RENAME TO "{aside}"; CREATE SCHEMA public;', settings)
    return aside


def set_aside(*, stamp: str, undo: Rollback) -> str:
    """Rename the schema `public` aside, put an empty one in its place, and return the name of the earlier one."""
    aside = f"before_{stamp.lower()}"
    undo.add("the schema public", lambda: _swap_back(aside))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f'ALTER SCHEMA public RENAME TO "{aside}"')
        cursor.execute("CREATE SCHEMA public")
    return aside


def drop(schema: str) -> None:
    """Drop an empty schema."""
    with connection.cursor() as cursor:
        cursor.execute(f'DROP SCHEMA "{schema}"')


def without_unknown_settings(script: Iterable[bytes], setting_names: frozenset[str]) -> Iterator[bytes]:
    """Yield the lines of an SQL dump without the settings at its head that the server does not support.

    pg_restore of PostgreSQL 17 begins with `SET transaction_timeout = 0;`, at which an older server stops. They are
    limits of time that the server does not have; what follows the head is passed on untouched, for it holds data.

    Args:
        script: Lines with their ends.
        setting_names: Names of the server's settings.
    """
    is_head = True
    for line in script:
        is_head = is_head and line.startswith(OF_THE_HEAD)
        setting = SETTING.fullmatch(line) if is_head else None
        if setting is None or setting[1].decode() in setting_names:
            yield line


def _lift_limits(cursor: CursorWrapper) -> None:
    """This session only waits while pg_dump reads by its snapshot: its limits of time would end the dump."""
    settings_here = _settings_known()
    for limit in TIME_LIMITS:
        if limit in settings_here:
            cursor.execute(f"SET LOCAL {limit} = 0")


def _settings_known() -> frozenset[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_settings")
        return frozenset(name for (name,) in cursor.fetchall())


def _swap_back(aside: str) -> None:
    connection.close()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [aside])
        if cursor.fetchone() is None:
            return  # The transaction that would have renamed it was never committed.
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute(f'ALTER SCHEMA "{aside}" RENAME TO public')


def _stream(source: Path, before: str, setting_names: frozenset[str]) -> None:
    """Have psql run what pg_restore writes, after `before` and in one transaction with it."""
    environment = _environment(connection.settings_dict)
    with tempfile.TemporaryFile() as read, tempfile.TemporaryFile() as written:
        reader = subprocess.Popen(
            [_find("pg_restore"), "--no-owner", "--no-acl", "--file=-", str(source)],
            stdout=subprocess.PIPE,
            stderr=read,
        )
        writer = subprocess.Popen(
            [_find("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=written,
            env=environment,
        )
        assert reader.stdout
        assert writer.stdin
        try:
            _feed(writer.stdin, before, without_unknown_settings(reader.stdout, setting_names), reader)
        except BaseException:
            # Without its COMMIT the server takes back what psql has run.
            writer.kill()
            raise
        finally:
            reader.stdout.close()
            reader.wait()
            writer.wait()
        if writer.returncode:
            raise _failure("psql", written)
        if reader.returncode:
            raise _failure("pg_restore", read)


def _feed(target: IO[bytes], before: str, script: Iterable[bytes], reader: subprocess.Popen[bytes]) -> None:
    try:
        target.write(f"BEGIN;\n{before}\n".encode())
        for line in script:
            target.write(line)
        # A dump that breaks off is no dump: only a reader that ended well is committed.
        if reader.wait() == 0:
            target.write(b"\nCOMMIT;\n")
        target.close()
    except BrokenPipeError:
        # psql has ended at an error, which it told.
        with suppress(BrokenPipeError):
            target.close()


def _require_not_older(program: str) -> None:
    version = re.search(r"(\d+)[.\d]*", _run(program, "--version"))
    server = connection.pg_version // 10000  # type: ignore[attr-defined]
    if version and int(version[1]) < server:
        raise Refusal(
            "old_pg_tools",
            f"{program} is of PostgreSQL {version[1]} and the server of PostgreSQL {server}: "
            "it cannot dump a newer one.",
            hint=f"Install the client programs of PostgreSQL {server} or later; on Debian: postgresql-client-{server}.",
        )


def _find(program: str) -> str:
    if path := shutil.which(program):
        return path
    raise Refusal(
        "no_pg_tools",
        f"The program {program} is not on this host.",
        hint="Install PostgreSQL's client programs of the server's version; on Debian: postgresql-client.",
    )


def _run(program: str, *arguments: str) -> str:
    line = [_find(program), *arguments]
    environment = _environment(connection.settings_dict)
    with tempfile.TemporaryFile() as stderr:
        done = subprocess.run(line, env=environment, stdout=subprocess.PIPE, stderr=stderr, check=False)
        if done.returncode:
            raise _failure(program, stderr)
    return done.stdout.decode(errors="replace")


def _failure(program: str, output: IO[bytes]) -> Refusal:
    output.seek(0)
    lines = output.read().decode(errors="replace").strip().splitlines() or ["it gave no reason"]
    error_line = next((line for line in lines if "error:" in line.lower()), lines[-1])
    hint = ""
    if "unsupported version" in error_line:
        hint = "The dump was written by a newer pg_dump: install PostgreSQL's client programs of that version or later."
    if "must be owner of schema" in error_line:
        hint = (
            "As PostgreSQL's superuser, in this database and in template1: "
            "ALTER SCHEMA public OWNER TO pg_database_owner;"
        )
    return Refusal("pg_tools_failed", f"{program} did not do it: {error_line}", hint=hint)


def _environment(connection_settings: Mapping[str, Any]) -> dict[str, str]:
    """PostgreSQL's programs read the address from variables, so that no password appears in a list of processes."""
    options = connection_settings.get("OPTIONS") or {}
    address = {name: str(connection_settings[key]) for name, key in ADDRESS.items() if connection_settings.get(key)}
    return {**os.environ, **address, **{n: str(options[key]) for n, key in FROM_OPTIONS.items() if options.get(key)}}
