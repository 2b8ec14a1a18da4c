"""The wheel: all of the product under one name, installed and started as a user without a checkout would."""

from __future__ import annotations

import hashlib
import http.cookiejar
import re
import shutil
import sqlite3
import subprocess
import sys
import sysconfig
import urllib.parse
import urllib.request
import uuid
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from tests.tour.conftest import ROOT, TASK, Stack, copied, free_port, start, stop

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.engine, pytest.mark.timeout(1800)]
# Of the repository, what no installation needs.
NOT_INSIDE = ("tests/", "docs/", "benchmarks/", "deploy/", ".ci/")
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy: building leaves folders behind."""
    folder = tmp_path_factory.mktemp("wheel")
    source = copied(folder)
    build = ("wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(folder))
    subprocess.run([*PIP, *build, str(source)], check=True, capture_output=True, text=True)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def home(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an environment that has the wheel;
    what the wheel needs is borrowed from the environment of the tests.
    """
    home = tmp_path_factory.mktemp("home") / "Büro Süd"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home / "venv")], check=True)
    packages(home).joinpath("borrowed.pth").write_text(sysconfig.get_path("purelib"))
    install = ("--python", str(home / "venv" / "bin" / "python"), "install", "--quiet", "--no-deps", "--no-index")
    subprocess.run([*PIP, *install, "--no-compile", str(wheel)], check=True, capture_output=True, text=True)
    return home


def packages(home: Path) -> Path:
    """The site-packages of its environment."""
    (found,) = (home / "venv" / "lib").glob("python*/site-packages")
    return found


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of each file but bytecode, by path."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_it_has_one_name_and_every_file_of_the_rooms(wheel: Path) -> None:
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    inside = (
        path
        for path in listing.splitlines()
        if "/" in path and not path.startswith(NOT_INSIDE) and (ROOT / path).exists()
    )
    wanted = {path if path.startswith("miniatures/") else f"miniatures/{path}" for path in inside}

    names = set(zipfile.ZipFile(wheel).namelist())

    files = {name for name in names if ".dist-info/" not in name}
    assert wanted - files == set()
    assert {name.split("/")[0] for name in files} == {"miniatures"}
    assert not [name for name in files if name.endswith(".pyc")]


def test_installed_it_runs_in_a_users_folder_and_writes_nothing_beside_its_code(home: Path, stack: Stack) -> None:
    """On a copy of the demo's data, as after an upgrade: loading it anew takes longer than all else here."""
    copy_data(stack.var, home / "var")
    before = hashes(packages(home))

    running = start(home, free_port(), line=(str(home / "venv" / "bin" / "miniatures"), "up"))
    try:
        page = signed_in(running)
        assert running.get("tasks/")["results"]
        write_drafts(running)
    finally:
        stop(running)

    assert running.var == home / "var"
    assert re.search(r'href="/static/css/[\w.]+\.css"', page)
    assert hashes(packages(home)) == before
    assert {path.name for path in home.iterdir()} == {"var", "venv"}


def copy_data(source: Path, target: Path) -> None:
    """Copy the data of a product that runs, its database as of one moment."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("run", "*.sock", "*.sqlite3*", "runs", "static*"))
    name = "miniatures.sqlite3"
    with closing(sqlite3.connect(source / name)) as live, closing(sqlite3.connect(target / name)) as copy:
        live.backup(copy)


def signed_in(running: Stack) -> str:
    """The first page after a login by the form, as a browser sends it."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    login = f"{running.url}accounts/login/"
    browser.open(login, timeout=60).close()
    token = next(cookie.value for cookie in jar if cookie.name == "csrftoken")
    form = {"login": running.username, "password": running.password, "csrfmiddlewaretoken": token}
    with browser.open(urllib.request.Request(login, urllib.parse.urlencode(form).encode()), timeout=60) as answer:
        assert (answer.status, answer.url) == (200, running.url)
        return str(answer.read().decode())


def write_drafts(running: Stack) -> None:
    """Have an engine, a process of its own that is started from the installed code, write three drafts."""
    source = running.get(f"sources/?task={TASK}")["results"][-1]["slug"]
    order = {"task": TASK, "source": source, "teacher": "offline", "count": 3, "max_cost_usd": "0.10"}
    started = running.post("orders/", order, Idempotency_Key=str(uuid.uuid4()))
    running.wait_for_job(started["job"])

    assert running.get(f"orders/{started['id']}/")["drafts"] == 3
