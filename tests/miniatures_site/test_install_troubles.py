"""`deploy/install` where something was wrong the first time: what it says, and what the next run takes up."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.full_disks import room_for

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def deploy(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "deploy"))
    return importlib.import_module("installer")


@pytest.fixture
def install(deploy: ModuleType, tmp_path: Path) -> Any:
    words = ["--mode", "plain", "--folder", str(tmp_path), "--yes", "--email", "a@b.example"]
    return deploy.Install(deploy.parse(words))


def test_addresses_of_stores_that_are_given_anew_count_until_an_install_has_run(
    deploy: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = importlib.import_module("install_settings")
    wanted = argparse.Namespace(mode="plain", host="app.example.org", port=8000, yes=True, dry_run=False)
    monkeypatch.setenv("DATABASE_URL", "postgres://m:wrong@db/m")
    settings.settle_env(wanted, tmp_path)
    secret = settings.read_env(tmp_path / ".env")["SECRET_KEY"]

    monkeypatch.setenv("DATABASE_URL", "postgres://m:ri'ght@db/m")
    settings.settle_env(wanted, tmp_path)
    mended = settings.read_env(tmp_path / ".env")
    (tmp_path / ".installed").write_text("{}")
    monkeypatch.setenv("DATABASE_URL", "postgres://m:late@db/m")
    settings.settle_env(wanted, tmp_path)

    assert (mended["DATABASE_URL"], mended["SECRET_KEY"]) == ("postgres://m:ri'ght@db/m", secret)
    assert settings.read_env(tmp_path / ".env") == mended
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
def test_a_store_that_does_not_answer_is_told_with_the_file_that_names_it(install: Any, tmp_path: Path) -> None:
    stores = importlib.import_module("install_stores")
    install.python = Path(sys.executable)
    install.env_file.write_text("DATABASE_URL=postgres://m@127.0.0.1:9/m\nREDIS_URL=redis://127.0.0.1:9/0\n")

    with pytest.raises(stores.InstallError) as refused:
        stores.reach_stores(install)

    assert str(install.env_file) in str(refused.value) and "Connection refused" in str(refused.value)
    assert "Traceback" not in str(refused.value)


def test_a_database_that_does_not_answer_is_told_by_its_error_not_by_its_advice(install: Any) -> None:
    stores = importlib.import_module("install_stores")
    said = """Traceback (most recent call last):
psycopg.OperationalError: connection failed: connection to server at "127.0.0.1", port 1 failed: Connection refused
\tIs the server running on that host and accepting TCP/IP connections?"""

    def run(*_: object, **__: str) -> str:
        raise stores.InstallError(said)

    install.run = run
    with pytest.raises(stores.InstallError, match="port 1 failed: Connection refused"):
        stores.reach_stores(install)


def test_the_first_password_is_told_even_where_starting_fails(
    deploy: ModuleType, install: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = _steps(deploy, install, monkeypatch, has_admin=False)

    def fails(_install: Any) -> None:
        raise deploy.InstallError("systemd did not start it")

    monkeypatch.setattr(deploy, "start", fails)
    with pytest.raises(deploy.InstallError):
        deploy.carry_out(install)

    assert f"Sign in as a@b.example with {given['DJANGO_SUPERUSER_PASSWORD']}" in capsys.readouterr().out
    assert not install.marker.exists()


def test_the_first_password_is_told_to_who_does_not_wait_until_the_site_is_well(
    deploy: ModuleType, install: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = _steps(deploy, install, monkeypatch, has_admin=False)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(deploy, "wait_until_well", interrupted)
    with pytest.raises(KeyboardInterrupt):
        deploy.carry_out(install)

    assert f"Sign in as a@b.example with {given['DJANGO_SUPERUSER_PASSWORD']}" in capsys.readouterr().out


def test_a_disk_without_room_for_torch_is_told_before_anything_is_done(
    deploy: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = importlib.import_module("install_checks")
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda _: argparse.Namespace(free=3_000 * checks.MIB))
    monkeypatch.setattr(checks, "check_programs", list)
    monkeypatch.setattr(checks, "NEEDED_MEMORY_MIB", {"plain": 0})

    checks.check_host(argparse.Namespace(mode="plain", extras="teachers,s3"), tmp_path, [], [])
    with pytest.raises(deploy.InstallError, match="has 3000 MiB free, 8000 are needed"):
        checks.check_host(argparse.Namespace(mode="plain", extras="teachers,training"), tmp_path, [], [])


def test_an_environment_whose_making_was_cut_off_is_made_again(
    deploy: ModuleType, install: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[tuple[object, ...]] = []
    monkeypatch.setattr(install, "run", lambda *line, **_: lines.append(line))
    monkeypatch.setattr(install, "manage", lambda *_, **__: "")
    monkeypatch.setattr(deploy, "reach_stores", lambda _: None)
    install.python.parent.mkdir(parents=True)
    install.python.symlink_to(sys.executable)

    deploy.build(install)
    made = [line for line in lines if line[1:3] == ("-m", "venv")]
    install.python.with_name("pip").touch()
    lines.clear()
    deploy.build(install)

    assert len(made) == 1
    assert not [line for line in lines if line[1:3] == ("-m", "venv")]


def test_the_settings_of_an_install_in_another_folder_do_not_lead_to_its_data(
    deploy: ModuleType, tmp_path: Path
) -> None:
    settings = importlib.import_module("install_settings")
    live, copy = tmp_path / "live", tmp_path / "a copy"
    wanted = argparse.Namespace(mode="plain", host="app.example.org", port=8000, yes=True, dry_run=False)
    settings.settle_env(wanted, live)
    old = settings.read_env(live / ".env")
    copy.mkdir()
    (copy / ".env").write_text((live / ".env").read_text())

    settings.settle_env(wanted, copy)
    settled = settings.read_env(copy / ".env")

    assert settled == {**old, "VAR_DIR": str(copy / "data"), "STATIC_ROOT": str(copy / "static")}
    assert settings.read_env(live / ".env") == old


def test_a_folder_of_data_elsewhere_that_a_person_chose_is_kept(deploy: ModuleType, tmp_path: Path) -> None:
    settings = importlib.import_module("install_settings")
    wanted = argparse.Namespace(mode="plain", host="app.example.org", port=8000, yes=True, dry_run=False)
    chosen = f"VAR_DIR=/large/data\nSTATIC_ROOT={tmp_path}/static\n"
    (tmp_path / ".env").write_text(chosen)

    settings.settle_env(wanted, tmp_path)

    assert (tmp_path / ".env").read_text() == chosen


def test_a_full_disk_takes_no_keys_when_an_address_is_changed(deploy: ModuleType, tmp_path: Path) -> None:
    settings = importlib.import_module("install_settings")
    (tmp_path / ".env").write_text("SECRET_KEY=kept\nSITE_URL=http://localhost:8000\n")

    with room_for(0), pytest.raises(OSError):
        settings.mend(tmp_path / ".env", {"SITE_URL": "http://localhost:8001"}, is_dry=False)

    assert (tmp_path / ".env").read_text() == "SECRET_KEY=kept\nSITE_URL=http://localhost:8000\n"


def test_no_admin_is_added_beside_one_that_is_there(
    deploy: ModuleType, install: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = _steps(deploy, install, monkeypatch, has_admin=True)

    deploy.carry_out(install)

    assert given == {}
    assert "changepassword" in capsys.readouterr().out
    assert install.marker.exists()


def test_an_installation_may_begin_with_a_backup_and_one_that_stands_may_not(
    deploy: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(deploy, "check_host", lambda *_: None)
    words = ["--mode", "plain", "--folder", str(tmp_path), "--yes", "--email", "a@b.example", "--dry-run"]
    wanted = [*words, "--restore", "old.tar"]

    assert deploy.main(wanted) == 0
    told = capsys.readouterr().out
    (tmp_path / ".installed").write_text(json.dumps(dict.fromkeys(deploy.KEPT, "")))
    refused = deploy.main(wanted)

    places = [
        told.index(step) for step in ("collectstatic", f"manage restore {Path.cwd() / 'old.tar'}", "manage migrate")
    ]
    assert places == sorted(places)
    assert refused == 1
    assert "starts a new plain installation" in capsys.readouterr().err


def test_a_python_that_the_account_cannot_run_is_told_before_anything_is_done(
    deploy: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = importlib.import_module("install_account")
    shut = tmp_path / "root alone"
    shut.mkdir()
    (shut / "python").symlink_to(sys.executable)
    monkeypatch.setattr(sys, "executable", str(shut / "python"))
    is_root = os.geteuid() == 0
    account = accounts.Account("site", 4242, 4243) if is_root else accounts.Account("site", os.getuid(), os.getgid())
    # Root's own account reaches everything; the folder's, or that of the tests, does not.
    shut.chmod(0o700 if is_root else 0)
    try:
        [told] = accounts.reasons_against(account, tmp_path, [])
    finally:
        shut.chmod(0o700)

    assert f"cannot run {shut}/python. Try: /usr/bin/python3" in told


def test_what_an_account_writes_gives_roots_terminal_no_orders(
    deploy: ModuleType, install: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _steps(deploy, install, monkeypatch, has_admin=True)
    install.env_file.write_text("SITE_URL=http://\033[8mhere\n")

    deploy.carry_out(install)
    deploy.fail(deploy.InstallError("it said \033]0;title\007 and ended"))

    told = capsys.readouterr()
    assert "Miniatures is at http://?[8mhere\n" in told.out
    assert "it said ?]0;title? and ended" in told.err


def _steps(deploy: ModuleType, install: Any, patch: pytest.MonkeyPatch, *, has_admin: bool) -> dict[str, str]:
    """Leave out what builds and starts; returns what the step that makes an admin is given."""
    given: dict[str, str] = {}

    def manage(*words: object, **variables: str) -> str:
        given.update(variables)
        return f"{has_admin}\n" if words[0] == "shell" else ""

    for name in ("check_host", "settle_env", "build", "start", "wait_until_well"):
        patch.setattr(deploy, name, lambda *_, **__: None)
    patch.setattr(install, "manage", manage)
    return given
