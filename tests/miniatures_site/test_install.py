"""`deploy/install`: it checks, keeps secrets, goes in order, and upgrades what it finds.

Docker is a program that notes its arguments.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import re
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.miniatures_site.containers import COMPOSE, ROOT

DOCKER = """#!/bin/sh
echo "$@" >> "$DOCKER_LOG"
[ "$2 $3" = "version --short" ] && echo "${COMPOSE_VERSION:-2.29.1}"
exit 0
"""


@pytest.fixture
def host(tmp_path: Path) -> dict[str, str]:
    """Variables of a host with a Docker that only notes what it was asked."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("docker", "pg_dump"):
        (programs / name).write_text(DOCKER)
        (programs / name).chmod(0o755)
    return {"PATH": f"{programs}:{os.environ['PATH']}", "DOCKER_LOG": str(tmp_path / "asked")}


def install(host: dict[str, str], *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, ROOT / "deploy" / "install", "--yes", *words]
    return subprocess.run(line, env={**host, **variables}, capture_output=True, text=True, check=False)


def test_a_dry_run_names_the_steps_in_order_and_does_nothing(host: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "Minia türen"

    done = install(
        host, "--mode", "plain", "--port", free(), "--folder", str(folder), "--email", "a@b.example", "--dry-run"
    )

    assert done.returncode == 0, done.stderr
    steps = [
        "write",
        "-m venv",
        "pip install",
        "collectstatic",
        "migrate",
        "createsuperuser",
        "web.process.lines",
        "healthz",
    ]
    places = [done.stdout.index(step) for step in steps]
    assert places == sorted(places)
    assert not folder.exists()


@pytest.mark.parametrize("extras", ["", "teachers,tracking"])
def test_a_wheel_of_the_same_version_takes_the_place_of_the_one_that_is_there(
    host: dict[str, str], tmp_path: Path, extras: str
) -> None:
    wheel = str(tmp_path / "miniatures-0.2.0-py3-none-any.whl")
    words = ("--folder", str(tmp_path / "site"), "--email", "a@b.example", "--extras", extras, "--wheel", wheel)

    done = install(host, "--mode", "plain", "--port", free(), *words, "--dry-run")

    assert done.returncode == 0, done.stderr
    [last] = [line for line in done.stdout.splitlines() if "pip install" in line][-1:]
    assert "--force-reinstall" in last and wheel in last


def test_a_docker_too_old_is_refused_with_what_is_needed(host: dict[str, str]) -> None:
    done = install(host, "--mode", "compose", "--email", "a@b.example", COMPOSE_VERSION="2.3.0")

    assert done.returncode == 1
    assert "docker compose is 2.3.0; 2.20 or newer is needed." in done.stderr


def test_a_port_that_is_taken_is_refused_before_anything_is_written(host: dict[str, str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = install(
            host, "--mode", "plain", "--port", port, "--folder", str(tmp_path / "site"), "--email", "a@b.example"
        )

    assert done.returncode == 1
    assert f"Port {port} is taken." in done.stderr
    assert not (tmp_path / "site").exists()


def test_a_port_that_an_earlier_try_has_itself_is_no_reason_against_the_next(
    host: dict[str, str], tmp_path: Path
) -> None:
    site = tmp_path / "site"
    (site / "data").mkdir(parents=True)
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        subprocess.Popen([sys.executable, "-c", "input()", "web.process.lines"], stdin=subprocess.PIPE) as runner,
    ):
        port = str(taken.getsockname()[1])
        words = ("--port", port, "--folder", str(site), "--email", "a@b.example", "--dry-run")
        (site / "Procfile").write_text(f"web: uvicorn --port {port} --http h11\n")
        (site / "data" / "site.pid").write_text(str(runner.pid))
        ours = install(host, "--mode", "plain", *words)
        runner.communicate(b"\n")
        another = install(host, "--mode", "plain", *words)

    assert "is taken" not in ours.stdout
    assert "is taken" in another.stdout


def test_containers_are_built_migrated_and_given_an_admin_before_they_start(host: dict[str, str]) -> None:
    done = install(host, "--mode", "compose", "--host", "app.example.org", "--email", "a@b.example", "--dry-run")

    assert done.returncode == 0, done.stderr
    steps = [
        "compose build",
        "manage.py migrate",
        "manage.py createsuperuser",
        "--profile proxy up --detach",
        "healthz",
    ]
    places = [done.stdout.index(step) for step in steps]
    assert places == sorted(places)
    asked = Path(host["DOCKER_LOG"]).read_text().splitlines()
    assert asked == ["compose version --short"], "a dry run asks Docker for its version and nothing else"


def test_no_command_in_a_container_has_the_database_migrated_before_it(host: dict[str, str]) -> None:
    done = install(host, "--mode", "compose", "--host", "app.example.org", "--email", "a@b.example", "--dry-run")

    services = set(re.findall(r"compose run .*?(\S+) python manage\.py", done.stdout))
    needs = {need for service in services for need in COMPOSE["services"][service]["depends_on"]}
    assert needs == {"postgres", "redis"}, "a backup before an upgrade is of the database as it was"


def test_all_questions_are_asked_before_anything_is_built(host: dict[str, str]) -> None:
    questions = ["Mail address of the first admin", "Name the site answers to", "Database ("]
    line = [str(ROOT / "deploy" / "install"), "--mode", "compose", "--dry-run"]

    done = subprocess.run(
        line, input="ada@example.org\napp.example.org\n\n", env=host, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    places = [
        done.stdout.index(words) for words in (*questions, "+ docker compose build", "--username ada@example.org")
    ]
    assert places == sorted(places)


def test_root_is_refused_a_folder_of_its_own_and_told_the_way(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "deploy"))
    accounts = importlib.import_module("install_account")
    mine = tmp_path / "mine"
    mine.mkdir()
    if os.geteuid() == 0:
        os.chown(mine, 4242, 4243)
    account = accounts.account_of(mine)
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    [told] = accounts.reasons_against(accounts.account_of(Path("/none such")), Path("/none such"), [])

    assert "useradd --system" in told and "install --directory --owner miniatures" in told
    assert "'/none such'" in told
    assert accounts.account_of(Path("/")) is None, "what is root's already is no better"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert accounts.reasons_against(None, mine, []) == [], "who is not root installs where they may"
    monkeypatch.undo()
    assert account == (("4242", 4242, 4243) if os.geteuid() == 0 else None)


def test_settings_are_its_owners_alone_keep_every_character_and_are_made_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "deploy"))
    settings = importlib.import_module("install_settings")
    monkeypatch.setenv("DATABASE_URL", "postgres://m:a$b#c@db/m")
    wanted = argparse.Namespace(mode="plain", host="app.example.org", port=8000, yes=True, dry_run=False)
    folder = tmp_path / "Minia türen"

    settings.settle_env(wanted, folder)

    file = folder / ".env"
    first = file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    read = settings.read_env(file)
    assert read["VAR_DIR"] == str(folder / "data")
    assert read["DATABASE_URL"] == "postgres://m:a$b#c@db/m"
    assert settings.read_env(file)["SECRET_KEY"] not in capsys.readouterr().out
    settings.settle_env(wanted, folder)
    assert file.read_bytes() == first


def test_an_upgrade_backs_up_first_keeps_earlier_wishes_and_makes_no_admin(
    host: dict[str, str], tmp_path: Path
) -> None:
    kept = {"host": "app.example.org", "port": 8100, "extras": "teachers", "no_proxy": False}
    (tmp_path / ".installed").write_text(json.dumps(kept))

    done = install(host, "--mode", "plain", "--folder", str(tmp_path), "--dry-run")

    assert done.returncode == 0, done.stderr
    steps = ["manage backup", "pip install", "manage migrate", "web.process.lines", "127.0.0.1:8100/healthz"]
    places = [done.stdout.index(step) for step in steps]
    assert places == sorted(places)
    assert f"{ROOT}[teachers]\n" in done.stdout
    assert "createsuperuser" not in done.stdout


def test_an_upgrade_takes_another_port_and_other_extras_where_they_are_given(
    host: dict[str, str], tmp_path: Path
) -> None:
    kept = {"host": "localhost", "port": 8100, "extras": "teachers", "no_proxy": False}
    (tmp_path / ".installed").write_text(json.dumps(kept))
    (tmp_path / ".env").write_text("SITE_URL=http://localhost:8100\nCSRF_TRUSTED_ORIGINS=https://app.example.org\n")
    port = free()

    line = ("--mode", "plain", "--folder", str(tmp_path), "--dry-run")
    moved = install(host, *line, "--port", port, "--extras", "s3")
    same = install(host, *line, "--port", "8100")

    assert moved.returncode == 0, moved.stderr
    assert f"127.0.0.1:{port}/healthz" in moved.stdout
    assert f"{ROOT}[s3]\n" in moved.stdout
    assert "change SITE_URL in" in moved.stdout
    assert "change SITE_URL" not in same.stdout
    assert "8100" in (tmp_path / ".env").read_text(), "a dry run changes nothing"


def free() -> str:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return str(probe.getsockname()[1])


def test_what_is_installed_is_the_source_without_settings_data_and_old_builds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "deploy"))
    package = importlib.import_module("install_package")
    checkout = tmp_path / "checkout"
    (checkout / "build" / "lib").mkdir(parents=True)
    (checkout / "web" / "__pycache__").mkdir(parents=True)
    setup = "PACKAGE = 'miniatures'\nROOMS = ('web',)\nDATA = ('static',)\n"
    texts = dict.fromkeys(("pyproject.toml", "README.md", "LICENSE", ".env", "var/key", "build/lib/gone.py"), "")
    texts |= {
        "setup.py": setup,
        "miniatures/__init__.py": "",
        "web/a.py": "",
        "web/__pycache__/a.pyc": "",
        "static/a.css": "",
    }
    for name, text in texts.items():
        (checkout / name).parent.mkdir(exist_ok=True)
        (checkout / name).write_text(text)
    monkeypatch.setattr(package, "ROOT", checkout)

    with package.pack(None) as file, package.unpacked(file, tmp_path) as place:
        there = {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()}

    locks = {"deploy/web.lock", "deploy/training.lock"}
    source = {
        "setup.py",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "miniatures/__init__.py",
        "web/a.py",
        "static/a.css",
    }
    assert there == locks | source
    assert not place.exists()
    monkeypatch.undo()
    assert {"miniatures", "miniatures_site", "review", "templates", "static", "locale"} <= set(package.folders())
