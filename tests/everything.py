"""`make test`: the whole suite on SQLite, then the database tests again on a PostgreSQL of its own.

First what shares the machine, as many tests at once as there are cores, then one by one what needs it for itself: browsers
and fault drills. Run as `python -m tests.everything`; with `STRESS=1` the drills alone, at full count, on both. Knows where
PostgreSQL's programs lie on Debian and how to be its user; does not know what the tests test.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import pytest

# Tests of one file stay together, so that what they share is made once.
TOGETHER = ["-n", str(max(1, os.cpu_count() or 1)), "--dist", "loadfile"]

# Of a failure, told again at the very end.
SAID_LINES = 25

# What needs the machine for itself.
ALONE = "browser or stress or alone"
# Engines, browsers and pure code do not care which database it is: once is enough.
DATABASE = "not engine and not browser and not sqlite_only"
OF_DATABASES = f"{DATABASE} and not stress and not alone and not postgres_only"
DRILL_S = 3600


def main() -> int:
    """Run all passes, and say at the end what failed in any; the exit status is the first that is not 0."""
    with tempfile.TemporaryDirectory(prefix="miniatures-reports-") as reports:
        is_stress = os.environ.get("STRESS") == "1"
        statuses = (drills if is_stress else all_passes)(sys.argv[1:], Path(reports))
        for failure in failures(Path(reports)):
            print(failure, flush=True)
    return next((status for status in statuses if status), 0)


def all_passes(asked: list[str], reports: Path) -> list[int]:
    """Exit statuses of all passes, which leave their reports in a folder."""
    on = lambda name: [f"--junitxml={reports / name}.xml", *asked]  # noqa: E731
    statuses = [
        pytest_pass(
            "SQLite, together", {}, [*TOGETHER, "-m", f"not ({ALONE}) and not postgres_only", *on("1-sqlite-together")]
        ),
        pytest_pass("SQLite, one by one", {}, ["-m", ALONE, *on("2-sqlite-alone")]),
    ]
    with postgres() as url:
        extra = {"TEST_DATABASE_URL": url, "TEST_ONLY_DATABASE": "1"}
        statuses += [
            pytest_pass("PostgreSQL, together", extra, [*TOGETHER, "-m", OF_DATABASES, *on("3-postgres-together")]),
            pytest_pass("PostgreSQL, one by one", extra, ["-m", "postgres_only", *on("4-postgres-alone")]),
        ]
    return statuses


def drills(asked: list[str], reports: Path) -> list[int]:
    """Fault drills at full count, on both databases."""
    patient = ["--timeout", str(DRILL_S), *asked]
    report = lambda name: f"--junitxml={reports / name}.xml"  # noqa: E731
    statuses = [pytest_pass("SQLite, drills", {}, ["-m", "stress", report("1-sqlite"), *patient])]
    with postgres() as url:
        extra = {"TEST_DATABASE_URL": url, "TEST_ONLY_DATABASE": "1"}
        statuses.append(
            pytest_pass("PostgreSQL, drills", extra, ["-m", f"stress and {DATABASE}", report("2-postgres"), *patient])
        )
    return statuses


def failures(reports: Path) -> Iterator[str]:
    """What failed in the passes of some reports: pass, test, and the end of what it said."""
    for report in sorted(reports.glob("*.xml")):
        for case in ElementTree.parse(report).iter("testcase"):
            for fault in (*case.findall("failure"), *case.findall("error")):
                said = f"{fault.get('message', '')}\n{fault.text or ''}".strip().splitlines()
                yield "\n".join(
                    (f"\n=== {report.stem}: {case.get('classname')}::{case.get('name')}", *said[-SAID_LINES:])
                )


def pytest_pass(name: str, extra: dict[str, str], arguments: list[str]) -> int:
    """One run of pytest with extra environment variables; that nothing was left to run is no failure."""
    print(f"\n=== {name}: pytest {' '.join(arguments)}", flush=True)
    if "-n" in arguments:
        # Each has a core; more threads would stand in each other's way.
        extra = {**extra, "OMP_NUM_THREADS": "1"}
    line = [sys.executable, "-m", "pytest", "-q", *arguments]
    status = subprocess.run(line, env={**os.environ, **extra}, check=False).returncode
    return 0 if status == pytest.ExitCode.NO_TESTS_COLLECTED else status


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL server on loopback with a database of its own, gone afterwards; yields its URL."""
    bin_dir = Path(
        next(
            iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)),
            Path(shutil.which("initdb") or "").parent,
        )
    )
    folder = Path(tempfile.mkdtemp(prefix="miniatures-pg-"))
    port = free_port()
    user = as_postgres(folder)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='{folder}' -c fsync=off"
    run = lambda *line: subprocess.run([*user, *map(str, line)], check=True, stdout=subprocess.DEVNULL, cwd="/")  # noqa: E731
    run(bin_dir / "initdb", "-D", folder / "data", "-U", "miniatures", "--auth=trust", "-E", "UTF8")
    run(bin_dir / "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log", "-o", options, "start")
    try:
        yield f"postgres://miniatures@127.0.0.1:{port}/postgres"
    finally:
        run(bin_dir / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def as_postgres(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root; then its own user owns the folder."""
    if os.getuid() != 0:
        return []
    owner = pwd.getpwnam("postgres")
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    return ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
