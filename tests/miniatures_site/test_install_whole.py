"""`deploy/install` as a stranger runs it: packages from the index, a database, a queue, the site; then again,
as an upgrade.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.conftest import wait_for
from tests.postgres_server import free_port, postgres
from tests.tour.conftest import copied

PYTHON = Path("/usr/bin/python3")
# An account that has nothing; the site runs as whoever owns its folder.
ACCOUNT = "nobody"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that its account may reach, which owns it where this is root's."""
    with tempfile.TemporaryDirectory(prefix="miniatures-site-") as place:
        site = Path(place) / "Minia türen"
        site.mkdir()
        Path(place).chmod(0o755)
        if os.geteuid() == 0:
            shutil.chown(site, ACCOUNT)
        yield site
        stop(site)


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Addresses of an empty database and an empty queue."""
    port = free_port()
    queue = ["redis-server", "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    with postgres() as url, subprocess.Popen(queue, stdout=subprocess.DEVNULL) as process:
        yield {"DATABASE_URL": url, "REDIS_URL": f"redis://127.0.0.1:{port}/0"}
        process.terminate()


def stop(site: Path) -> None:
    noted = site / "data" / "site.pid"
    if noted.exists():
        pid = int(noted.read_text())
        os.kill(pid, signal.SIGTERM)
        wait_for(lambda: not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2])


def answers(port: int, path: str) -> int:
    try:
        with urllib.request.urlopen(f"http://localhost:{port}{path}", timeout=10) as answer:
            return int(answer.status)
    except urllib.error.URLError:
        return 0


# It installs some hundred packages, so it is asked for in full: `make stress`.
if os.environ.get("STRESS") == "1":

    @pytest.mark.slow
    @pytest.mark.stress
    @pytest.mark.timeout(1800)
    @pytest.mark.skipif(
        not PYTHON.exists() or sys.platform != "linux", reason="The account needs a Python that it may run."
    )
    def test_a_site_is_installed_backed_up_and_upgraded(folder: Path, stores: dict[str, str], tmp_path: Path) -> None:
        checkout, first, second = copied(tmp_path), free_port(), free_port()
        line = [PYTHON, checkout / "deploy" / "install", "--mode", "plain", "--folder", folder, "--yes"]
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("TEST_", "DJANGO_", "PYTHON"))
        }

        def install(*more: str) -> str:
            asked = [*map(str, line), *more]
            done = subprocess.run(asked, env={**kept, **stores}, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
            return done.stdout

        said = install("--host", "localhost", "--email", "ada@example.org", "--port", str(first))
        again = install("--port", str(second))

        assert re.search(r"^Sign in as ada@example\.org with \S{20}", said, re.MULTILINE)
        assert "Sign in as" not in again
        [backup] = (folder / "backups").iterdir()
        assert f"Backed up to {backup}" in again
        assert (answers(second, "/healthz"), answers(first, "/healthz")) == (200, 0)
        assert f"SITE_URL=http://localhost:{second}" in (folder / ".env").read_text()
