"""PostgreSQL's programs and servers of different versions, and a server's limits of time."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from django.db import connection

from miniatures_site.backup import postgresql
from miniatures_site.backup.rollback import Rollback
from web.errors import Refusal

DUMP_OF_17 = Path(__file__).with_name("dump_of_17.sql")
on_postgresql = [pytest.mark.postgres_only, pytest.mark.django_db(transaction=True)]


def program(folder: Path, name: str, script: str) -> None:
    """Put a program of this name before the real one on PATH; `$REAL` in it is the real one."""
    path = folder / name
    path.write_text(f"#!/bin/sh\nREAL={shutil.which(name)}\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def programs(tmp_path, monkeypatch) -> Path:
    """A folder that comes first on PATH."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def schemas() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'before_%' OR nspname = 'public'")
        return {name for (name,) in cursor.fetchall()}


def tables() -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.table_names(cursor))


def test_a_setting_that_the_server_does_not_know_is_left_out_of_the_head_alone():
    known = frozenset({"statement_timeout", "lock_timeout", "client_encoding", "default_tablespace"})
    script = DUMP_OF_17.read_bytes().splitlines(keepends=True)

    passed = list(postgresql.without_unknown_settings(script, known))

    assert b"SET transaction_timeout = 0;\n" not in passed
    assert b"SET lock_timeout = 0;\n" in passed
    assert b"SET default_tablespace = '';\n" in passed
    assert b"2\tSET transaction_timeout = 0;\n" in passed
    assert (
        passed[passed.index(b"CREATE TABLE public.notes (\n") :]
        == script[script.index(b"CREATE TABLE public.notes (\n") :]
    )


def test_a_row_that_reads_like_a_setting_is_data():
    script = [b"SET odd = 1;\n", b"COPY public.t (text) FROM stdin;\n", b"SET odd = 1;\n", b"\\.\n"]

    assert list(postgresql.without_unknown_settings(script, frozenset())) == script[1:]


def test_what_the_address_says_of_tls_is_said_to_the_programs():
    given = {"HOST": "db", "PASSWORD": "p", "OPTIONS": {"sslmode": "verify-full", "sslrootcert": "/ca.pem"}}

    environment = postgresql._environment(given)

    assert {environment[name] for name in ("PGHOST", "PGPASSWORD", "PGSSLMODE", "PGSSLROOTCERT")} == {
        "db", "p", "verify-full", "/ca.pem"
    }  # fmt: skip


class TestOnAServer:
    pytestmark = on_postgresql

    @pytest.fixture(autouse=True)
    def _own_programs(self, programs, db) -> None:
        # `\restrict` is younger than some programs of these versions.
        spoken = r"grep -v '^\\.*restrict'"
        program(programs, "pg_restore", f"{spoken} {DUMP_OF_17}")

    def test_a_dump_that_version_17_wrote_is_loaded_and_can_be_taken_back(self, tmp_path):
        undo, before = Rollback(), tables()

        aside = postgresql.load(tmp_path / "any", stamp="20261120T101112", undo=undo)

        assert aside == "before_20261120t101112"
        assert tables() == {"notes"}
        with connection.cursor() as cursor:
            cursor.execute("SELECT text FROM public.notes ORDER BY id")
            assert cursor.fetchall() == [("an ordinary row",), ("SET transaction_timeout = 0;",)]
        assert undo.run() == []
        assert (tables(), schemas()) == (before, {"public"})

    @pytest.mark.parametrize(
        ("script", "words"),
        [
            (
                f"head -n 36 {DUMP_OF_17} | grep -v restrict; echo 'pg_restore: error: cut short' >&2; exit 1",
                "cut short",
            ),
            (f"grep -v restrict {DUMP_OF_17}; echo 'SELECT 1/0;'", "division by zero"),
        ],
        ids=["a dump that breaks off", "a statement that fails at the end"],
    )
    def test_a_load_that_fails_leaves_the_schema_that_was_there(self, programs, tmp_path, script, words):
        program(programs, "pg_restore", script)
        undo, before = Rollback(), tables()

        with pytest.raises(Refusal, match=words):
            postgresql.load(tmp_path / "any", stamp="20261120T101112", undo=undo)

        assert (tables(), schemas()) == (before, {"public"})
        assert undo.run() == []
        assert (tables(), schemas()) == (before, {"public"})

    def test_a_dump_outlives_the_servers_limit_on_idle_transactions(self, programs, tmp_path):
        program(programs, "pg_dump", 'case "$*" in *snapshot*) sleep 1;; esac\nexec "$REAL" "$@"')
        with connection.cursor() as cursor:
            cursor.execute("SET idle_in_transaction_session_timeout = '200ms'")

        rows = postgresql.dump(tmp_path / "dump", look=lambda cursor: {"t": 1})

        assert rows == {"t": 1}
        assert (tmp_path / "dump").stat().st_size > 1000
        with connection.cursor() as cursor:
            cursor.execute("SHOW idle_in_transaction_session_timeout")
            assert cursor.fetchone() == ("200ms",)
        connection.close()

    def test_a_pg_dump_older_than_the_server_is_refused_before_it_is_tried(self, programs, tmp_path):
        program(programs, "pg_dump", "echo 'pg_dump (PostgreSQL) 9.6.24'")

        with pytest.raises(Refusal, match="cannot dump a newer one"):
            postgresql.dump(tmp_path / "dump", look=lambda cursor: {})

    def test_a_dump_too_new_for_pg_restore_is_refused_with_the_way_out(self, programs, tmp_path):
        program(
            programs, "pg_restore", "echo 'pg_restore: error: unsupported version (1.16) in file header' >&2; exit 1"
        )

        with pytest.raises(Refusal, match="unsupported version") as refusal:
            postgresql.require_loadable(tmp_path / "any")

        assert "newer pg_dump" in refusal.value.hint
