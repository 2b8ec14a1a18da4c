"""`deploy/install` on what is too old: it names what it found and what it needs, whichever Python reads it."""

from __future__ import annotations

import ast
import importlib
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import psycopg
import pytest

from tests.postgres_server import free_port, postgres

ROOT = Path(__file__).resolve().parents[2]
# Python reads this before the file: the version is another one, and what only newer ones have is away.
OLDER = """
import runpy, sys
sys.version_info, sys.version = (3, 9, 18, "final", 0), "3.9.18 (main)"
sys.modules["tomllib"] = None
runpy.run_path(sys.argv[1], run_name="__main__")
"""
SOUND = {"redis": "6.2.14", "postgresql": 14, "pg_dump": 14, "role": "m", "may_create": True, "owns_public": True}


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "deploy"))
    return importlib.import_module("install_stores")


def test_an_older_python_is_told_which_one_is_needed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", OLDER, ROOT / "deploy" / "install"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stderr.startswith("Miniatures needs Python 3.11 or newer; ")
    assert done.stderr.count("\n") == 1 and "is 3.9.18." in done.stderr


def test_the_file_that_looks_at_the_version_has_nothing_that_an_older_python_cannot_read() -> None:
    text = (ROOT / "deploy" / "install").read_text()

    tree = ast.parse(text, feature_version=(3, 4))

    assert not [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr | ast.AnnAssign)]
    assert "__future__" not in text
    assert text.index("version_info") < text.index("import main")


@pytest.mark.parametrize("newer", [{}, {"redis": "8.0.1", "postgresql": 17, "pg_dump": 18}, {"redis": "10.0.0"}])
def test_stores_that_are_new_enough_pass(checks: ModuleType, newer: dict[str, str | int]) -> None:
    checks.refuse_unfit_stores(**{**SOUND, **newer})


@pytest.mark.parametrize(
    ("older", "told"),
    [
        ({"postgresql": 13}, "PostgreSQL is 13; 14 or newer is needed."),
        ({"redis": "6.0.16"}, "Redis is 6.0.16; 6.2 or newer is needed."),
        ({"may_create": False}, "Each backup is tried in a database of its own"),
        ({"owns_public": False}, "A restore renames the schema public, which belongs to another role here"),
        ({"postgresql": 16}, "pg_dump is of version 14, the server of 16"),
    ],
)
def test_stores_that_are_unfit_are_refused_by_name(checks: ModuleType, older: dict[str, str | int], told: str) -> None:
    with pytest.raises(checks.InstallError) as refused:
        checks.refuse_unfit_stores(**{**SOUND, **older})

    assert str(refused.value).startswith(told)


@pytest.mark.slow
def test_an_old_redis_is_asked_how_old_it_is_and_a_newer_one_passes(
    checks: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    installer = importlib.import_module("installer")
    install = installer.Install(installer.parse(["--mode", "plain", "--folder", str(tmp_path), "--yes"]))
    install.python = Path(sys.executable)

    with postgres() as database:
        for version, refusal in (("5.0.14", "Redis is 5.0.14; 6.2 or newer is needed."), ("7.0.15", "")):
            with redis_of(version) as queue:
                (tmp_path / ".env").write_text(f"DATABASE_URL={database}\nREDIS_URL={queue}\n")
                try:
                    checks.reach_stores(install)
                    told = ""
                except checks.InstallError as error:
                    told = str(error)
            assert told == refusal


@pytest.mark.slow
def test_a_role_is_told_when_the_schema_that_a_restore_renames_is_anothers(checks: ModuleType, tmp_path: Path) -> None:
    installer = importlib.import_module("installer")
    install = installer.Install(installer.parse(["--mode", "plain", "--folder", str(tmp_path), "--yes"]))
    install.python = Path(sys.executable)
    told = []

    with postgres() as server, redis_of("7.0.15") as queue, psycopg.connect(server, autocommit=True) as superuser:
        superuser.execute("CREATE ROLE site LOGIN CREATEDB")
        superuser.execute("CREATE DATABASE site OWNER site")
        database = server.replace("miniatures@", "site@").rpartition("/")[0] + "/site"
        (tmp_path / ".env").write_text(f"DATABASE_URL={database}\nREDIS_URL={queue}\n")
        with psycopg.connect(database.replace("site@", "miniatures@"), autocommit=True) as inside:
            # As PostgreSQL 14 makes it, and then as it is told to.
            for owner in ("miniatures", "pg_database_owner"):
                inside.execute(f"ALTER SCHEMA public OWNER TO {owner}")
                try:
                    checks.reach_stores(install)
                    told.append("")
                except checks.InstallError as error:
                    told.append(str(error))

    assert "ALTER SCHEMA public OWNER TO pg_database_owner;" in told[0]
    assert told[1] == ""


@contextmanager
def redis_of(version: str) -> Iterator[str]:
    """Something that answers as a Redis of this version does to those who ask for it; yields its address."""

    class Line(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while head := self.rfile.readline():
                words = []
                for _ in range(int(head[1:])):
                    words.append(self.rfile.read(int(self.rfile.readline()[1:]) + 2)[:-2].upper())
                told = f"# Server\r\nredis_version:{version}\r\n".encode()
                answers = {b"INFO": b"$%d\r\n%s\r\n" % (len(told), told), b"CLIENT": b"+OK\r\n"}
                self.wfile.write(answers.get(words[0], b"-ERR unknown command\r\n"))

    port = free_port()
    with socketserver.ThreadingTCPServer(("127.0.0.1", port), Line) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"redis://127.0.0.1:{port}/0"
        server.shutdown()
