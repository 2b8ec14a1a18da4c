"""`deploy/install` run by root over a folder whose account means harm:
nothing of the account's runs or writes with root's rights.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = Path("/usr/bin/python3")
ACCOUNT = "nobody"
SECRET = "of-root-alone"
# What each start of Python in the environment notes: who runs it, and what it has of root's.
NOTES = """
import os
with open(os.path.join({place!r}, "ran"), "a") as file:
    print(os.geteuid(), os.getgid(), {secret!r} in str(os.environ), os.isatty(0), file=file)
"""
MODULES = {
    "pip/__main__.py": "",
    "miniatures/__main__.py": "print(True)",
    "redis.py": (
        "class from_url:\n def __init__(self, *a, **k): pass\n def info(self, *a): return {'redis_version': '7.2'}"
    ),
    "psycopg.py": """
from contextlib import contextmanager
from types import SimpleNamespace as N
@contextmanager
def connect(*a, **k):
    yield N(info=N(server_version=160000), execute=lambda *a: N(fetchone=lambda: ("r", True, True)))
""",
}
PROGRAMS = {
    "pg_dump": 'echo "pg_dump (PostgreSQL) 16.1"',
    "pg_restore": "",
    "psql": "",
    "systemctl": 'echo "$@" >> "$PLACE/units/asked"',
}
# Root's part, with units that go elsewhere than this host's.
BEGIN = """
import sys
from pathlib import Path
sys.path[:0] = [{deploy!r}, {root!r}]
import install_processes, installer
if sys.argv[1]:
    install_processes.SYSTEMD = install_processes.UNITS = Path(sys.argv[1])
sys.exit(installer.main(sys.argv[2:]))
"""

if os.geteuid() == 0 and PYTHON.exists():

    class Well(BaseHTTPRequestHandler):
        """A site that is well."""

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    @pytest.fixture
    def place() -> Iterator[Path]:
        """A folder that every account may reach, with a file and a folder of root's in it."""
        with tempfile.TemporaryDirectory(prefix="miniatures-place-") as name:
            place = Path(name)
            place.chmod(0o755)
            (place / "roots").mkdir(mode=0o700)
            (place / "roots" / "file").write_text(f"KEY={SECRET}\n")
            (place / "roots" / "file").chmod(0o600)
            (place / "roots" / "miniatures-0.2.0-py3-none-any.whl").touch()
            (place / "units").mkdir()
            (place / "bin").mkdir()
            for program, line in PROGRAMS.items():
                (place / "bin" / program).write_text(f"#!/bin/sh\n{line}\n")
                (place / "bin" / program).chmod(0o755)
            yield place

    @pytest.fixture
    def port() -> Iterator[int]:
        with HTTPServer(("127.0.0.1", 0), Well) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield server.server_port
            server.shutdown()

    @pytest.fixture
    def site(place: Path, port: int) -> Path:
        """A folder that was installed before, whose account has changed every module of its environment."""
        site = place / "site"
        site.mkdir()
        subprocess.run([PYTHON, "-m", "venv", "--without-pip", site / "venv"], check=True)
        (site / "venv" / "bin" / "pip").touch()
        [modules] = (site / "venv" / "lib").glob("*/site-packages")
        for name, text in MODULES.items():
            (modules / name).parent.mkdir(exist_ok=True)
            (modules / name).write_text(text)
        notes = NOTES.format(place=str(site), secret=SECRET)
        (modules / "sitecustomize.py").write_text(notes)
        (modules / "planted.pth").write_text(f"import runpy; runpy.run_path({str(modules / 'sitecustomize.py')!r})\n")
        # Found first by a program that begins in this folder.
        (site / "redis.py").write_text(notes + (modules / "redis.py").read_text())
        (site / ".env").write_text("DATABASE_URL=postgres://d\nREDIS_URL=redis://r\nSITE_URL=http://here\n")
        (site / ".installed").write_text(json.dumps({"host": "localhost", "port": port, "extras": "s3"}))
        for path in (site, *site.rglob("*")):
            os.chown(path, pwd.getpwnam(ACCOUNT).pw_uid, pwd.getpwnam(ACCOUNT).pw_gid, follow_symlinks=False)
        return site

    @pytest.fixture
    def install(place: Path, site: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
        begin = BEGIN.format(deploy=str(ROOT / "deploy"), root=str(ROOT))

        def run(*, with_systemd: bool = True) -> subprocess.CompletedProcess[str]:
            # Root's own, which the account cannot read where it lies.
            wheel = place / "roots" / "miniatures-0.2.0-py3-none-any.whl"
            words = ["--mode", "plain", "--folder", str(site), "--yes", "--wheel", str(wheel)]
            units = str(place / "units") if with_systemd else ""
            kept = {"PATH": f"{place}/bin:{os.environ['PATH']}", "PLACE": str(place), "ROOTS_TOKEN": SECRET}
            return subprocess.run(
                [PYTHON, "-I", "-c", begin, units, *words],
                env=kept,
                cwd=site,
                capture_output=True,
                text=True,
                check=False,
            )

        return run

    def seen_of(site: Path) -> set[str]:
        uid = pwd.getpwnam(ACCOUNT).pw_uid
        lines = (site / "ran").read_text().splitlines()
        assert all(int(line.split()[0]) == uid for line in lines), lines
        assert all(line.endswith(" False False") for line in lines), lines
        return set(lines)

    def state_of(folder: Path) -> list[tuple[str, int, int, bytes]]:
        return [
            (str(path), path.lstat().st_uid, path.lstat().st_mode, path.read_bytes() if path.is_file() else b"")
            for path in (folder, *sorted(folder.rglob("*")))
        ]

    def test_what_an_account_planted_in_its_environment_runs_as_the_account_alone(
        place: Path, site: Path, install: Callable[..., subprocess.CompletedProcess[str]]
    ) -> None:
        done = install()

        assert done.returncode == 0, done.stdout + done.stderr
        assert len(seen_of(site)) == 1
        assert (place / "units" / "asked").read_text().splitlines() == [
            "daemon-reload", "enable miniatures.target", "restart miniatures.target",
        ]  # fmt: skip
        unit = (place / "units" / "miniatures@.service").read_text()
        assert f"\nUser={ACCOUNT}\nWorkingDirectory={site}\n" in unit
        assert "\nLimitNOFILE=65536\n" in unit
        # Read by systemd as root, it would be whatever file it is a link to.
        assert "EnvironmentFile" not in unit
        wants = (place / "units" / "miniatures.target").read_text()
        lines = (site / "Procfile").read_text().splitlines()
        assert [f"miniatures@{line.split(':')[0]}.service" for line in lines] == [
            word for word in wants.replace("=", " ").split() if word.startswith("miniatures@")
        ]
        assert not list(site.glob(".package-*")), "the copy of the source is gone"

    # Each is a path that an install writes, reads or runs.
    @pytest.mark.slow(after_first=True)
    @pytest.mark.parametrize(
        ("name", "target"),
        [
            (".env", "file"),
            *(
                (name, "file")
                for name in (".installed", "Procfile", "miniatures.service", "data/site.log", "data/site.pid")
            ),
            *((name, "file") for name in ("versions.txt", "venv/bin/python")),
            *((name, ".") for name in ("backups", "data", "venv", "static", "Procfile", ".env")),
        ],
    )
    def test_a_link_in_place_of_what_an_install_writes_leads_root_nowhere(
        place: Path, site: Path, install: Callable[..., subprocess.CompletedProcess[str]], name: str, target: str
    ) -> None:
        path = site / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        if not path.parent.exists():
            path.parent.mkdir()
            shutil.chown(path.parent, ACCOUNT)
        path.symlink_to(place / "roots" / target)
        before = state_of(place / "roots")

        done = install(with_systemd=False)

        assert state_of(place / "roots") == before
        assert SECRET not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        if (site / "ran").exists():
            seen_of(site)

    @pytest.mark.slow
    def test_root_installs_from_no_checkout_that_the_account_may_change(
        place: Path, site: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.syspath_prepend(str(ROOT / "deploy"))
        import install_account

        monkeypatch.setattr("sys.executable", str(PYTHON))
        account = install_account.account_of(site)
        assert account is not None and account.name == ACCOUNT
        checkout = place / "checkout"
        (checkout / "deploy").mkdir(parents=True)
        (code := checkout / "deploy" / "installer.py").touch()

        fit = install_account.reasons_against(account, site, [code])
        shutil.chown(checkout, ACCOUNT)
        [changed] = install_account.reasons_against(account, site, [code])
        shutil.chown(checkout, 0)
        code.chmod(0o666)
        [written] = install_account.reasons_against(account, site, [code])

        assert fit == []
        assert f"may change: {checkout}." in changed
        assert f"may change: {code}." in written
        assert install_account.may_change(account, site / "venv" / "bin" / "python") == site / "venv" / "bin" / "python"

    @pytest.mark.slow
    def test_nobody_else_chooses_the_account_that_root_installs_as(
        place: Path, site: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.syspath_prepend(str(ROOT / "deploy"))
        import install_account

        monkeypatch.setattr("sys.executable", str(PYTHON))
        account = install_account.account_of(site)
        (theirs := place / "theirs").mkdir()
        (theirs / "site").symlink_to(site)
        (place / "link").symlink_to(site)

        ours = install_account.reasons_against(account, place / "link", [])
        shutil.chown(theirs, 4242)
        [below] = install_account.reasons_against(account, theirs / "site", [])
        os.chown(place / "link", 4242, 4242, follow_symlinks=False)
        [itself] = install_account.reasons_against(account, place / "link", [])

        assert ours == []
        assert f"{theirs} is neither root's nor {ACCOUNT}'s" in below
        assert f"{place / 'link'} is neither root's" in itself

    @pytest.mark.slow
    def test_the_work_has_no_way_back_to_roots_rights(place: Path, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.syspath_prepend(str(ROOT / "deploy"))
        import install_account

        account = install_account.account_of(site)
        assert account is not None
        note = site / "note"
        asked: list[int] = []

        def work(ask_root: Callable[[], None]) -> int:
            ask_root()
            status = Path("/proc/self/status").read_text()
            note.write_text("".join(line for line in status.splitlines(True) if line[:4] in ("Uid:", "Gid:", "Grou")))
            try:
                os.setuid(0)
            except PermissionError:
                return 7
            return 0

        status = install_account.work_as(account, site, work, lambda: asked.append(os.geteuid()))

        assert (status, asked) == (7, [0])
        ids = [line.split(":")[1].split() for line in note.read_text().splitlines()]
        assert ids == [[str(account.uid)] * 4, [str(account.gid)] * 4, []]
        assert stat.S_IMODE(note.stat().st_mode) & 0o022 == 0
