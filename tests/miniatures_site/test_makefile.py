"""The Makefile where something went wrong before, or where the checkout's folder has an unusual name."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Debian's Python without python3-venv makes a folder without pip, and fails.
PYTHON = """#!/bin/sh
case "$1 $2" in
"-m pip") [ -e "$(dirname "$0")/pip" ] || { echo "No module named pip" >&2; exit 1; };;
"-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && [ -e has-venv ] && touch "$3/bin/pip";;
esac
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the Makefile, and a Python that makes environments."""
    folder = tmp_path / "my miniatures"
    folder.mkdir()
    shutil.copy(ROOT / "Makefile", folder)
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "python").write_text(PYTHON)
    (folder / "python").chmod(0o755)
    return folder


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", *words], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_an_environment_that_was_left_without_pip_is_made_again(folder: Path) -> None:
    line = (".venv/.web-stamp", "PYTHON=./python")
    refused = make(folder, *line)
    (folder / "has-venv").touch()
    made = make(folder, *line)

    assert (refused.returncode, refused.stdout) == (2, "No venv module: on Debian, apt-get install python3-venv.\n")
    assert made.returncode == 0, made.stderr


def test_what_is_said_of_llama_can_be_pasted_whatever_the_folder_is_called(folder: Path) -> None:
    program = folder / ".llama" / "lib" / "bin" / "llama-server"
    program.parent.mkdir(parents=True)
    program.touch()
    (folder / ".llama" / ".stamp").touch()

    lines = [line for line in make(folder, "llama").stdout.splitlines() if "export" in line]
    told = subprocess.run(
        ["sh", "-c", "\n".join([*lines, 'printf "%s\n" "$LLAMA_SERVER" "$LLAMA_CONVERTER"'])],
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout.splitlines() == [str(program), str(folder / ".llama" / "converter")]
