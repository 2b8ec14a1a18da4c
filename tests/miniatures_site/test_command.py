"""The command `miniatures`, and where data lies when the code was installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from miniatures import __main__ as command
from miniatures_site.settings import env

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A current folder of its own and no variable that names another."""
    for name in ("VAR_DIR", "MINIATURES_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    own = ("VAR_DIR", "MINIATURES_HOME", "DJANGO_", "DATABASE_URL", "TEST_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return subprocess.run(
        [sys.executable, str(ROOT / "miniatures" / "__main__.py"), *words], cwd=folder,
        env={**environment, **variables}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_checkout_keeps_its_data_beside_the_code_wherever_one_stands(clean: Path) -> None:
    assert env.var_dir() == ROOT / "var"


def test_installed_code_keeps_data_in_the_current_folder_and_never_beside_it(
    clean: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(env, "BASE_DIR", clean / "site-packages" / "miniatures")

    assert env.var_dir() == clean / "var"


def test_variables_name_another_folder_and_the_nearer_one_wins(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIATURES_HOME", "Büro Süd")
    assert env.var_dir() == clean / "Büro Süd" / "var"

    monkeypatch.setenv("VAR_DIR", "elsewhere")
    assert env.var_dir() == clean / "elsewhere"


@pytest.mark.parametrize("words", [[], ["serve"], ["migrate"], ["run"]])
def test_what_is_no_command_gets_the_usage_and_fails(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(words) == 2

    told = capsys.readouterr()
    assert "miniatures manage COMMAND" in told.err
    assert told.out == ""


def test_help_and_version_are_answered(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--help"]) == 0
    assert command.main(["--version"]) == 0

    assert capsys.readouterr().out.startswith("usage: miniatures up")


@pytest.mark.slow
def test_a_command_in_a_folder_without_data_makes_none_and_says_where_to_go(tmp_path: Path) -> None:
    done = run("manage", "check", folder=tmp_path, MINIATURES_HOME=str(tmp_path / "Büro Süd"))

    assert done.returncode == 1
    assert f"There is no data in {tmp_path / 'Büro Süd' / 'var'}." in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_help_of_commands_makes_no_data_either(tmp_path: Path) -> None:
    listed, told = (
        run("manage", *words, folder=tmp_path, MINIATURES_HOME=str(tmp_path))
        for words in (("help",), ("restore", "--help"))
    )

    assert "restore" in listed.stdout and "--force" in told.stdout, listed.stderr + told.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_data_that_begins_in_a_folder_made_by_hand_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    data = tmp_path / "var"
    data.mkdir(mode=0o755)
    # As one copies it there before a restore.
    (data / "secret-key").write_text("k" * 50)

    assert run("manage", "check", folder=tmp_path, MINIATURES_HOME=str(tmp_path)).returncode == 0
    begun = data.stat().st_mode & 0o777
    (data / "miniatures.sqlite3").touch()
    data.chmod(0o750)
    assert run("manage", "check", folder=tmp_path, MINIATURES_HOME=str(tmp_path)).returncode == 0

    assert begun == 0o700
    assert data.stat().st_mode & 0o777 == 0o750, "Who opens a folder that has data means it."


@pytest.mark.slow
def test_other_commands_run_on_the_data_of_the_folder_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    code = (
        "import os; from django.conf import settings; print(settings.VAR_DIR, os.environ['VAR_DIR'], "
        "os.environ['PYTHONPATH'])"
    )

    done = run("manage", "shell", "-v0", "-c", code, folder=tmp_path, MINIATURES_HOME=".", PYTHONPATH="/others")

    assert done.stdout.split() == [str(tmp_path / "var")] * 2 + [f"{ROOT}{os.pathsep}/others"], done.stderr


@pytest.mark.slow
def test_a_program_of_the_rooms_runs_in_any_folder_and_its_children_find_them_too(tmp_path: Path) -> None:
    (tmp_path / "child.py").write_text(
        "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import web; print(web.__file__)'])"
    )

    done = run("run", "child", folder=tmp_path, PYTHONPATH=str(tmp_path))
    engine = run("run", "generation.engine", folder=tmp_path)

    assert done.stdout.strip() == str(ROOT / "web" / "__init__.py"), done.stderr
    assert engine.returncode == 1
    assert "usage: python -m generation.engine RUN_DIR" in engine.stderr
    assert not (tmp_path / "var").exists()


def test_a_file_of_settings_counts_for_the_program_that_is_run(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "# made by hand\nPLAIN=a$b # told apart\nQUOTED='it'\"'\"'s # 9'\nEMPTY=\n\nWHO=file\n"
    )
    (tmp_path / "asked.py").write_text(
        "import os; print(*[os.environ[name] for name in ('PLAIN', 'QUOTED', 'EMPTY', 'WHO')], sep='|')"
    )

    done = run("--env-file", ".env", "run", "asked", folder=tmp_path, WHO="caller", PYTHONPATH=str(tmp_path))

    assert done.stdout == "a$b|it's # 9||file\n", done.stderr


@pytest.mark.parametrize("text", ["A='b\n", None])
def test_a_file_of_settings_that_cannot_be_read_is_named(
    tmp_path: Path, text: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "settings"
    if text:
        file.write_text(text)

    assert command.main(["--env-file", str(file), "run", "this"]) == 1

    assert str(file) in capsys.readouterr().err
