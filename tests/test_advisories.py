"""`.ci/advisories.py`: a known vulnerability fails,
an advisory that cannot be reached is one line. pip-audit is a program that prints.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOUND: dict[str, object] = {"name": "django", "version": "5.2", "vulns": []}
HOLED: dict[str, object] = {
    "name": "left",
    "version": "1.0",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"], "aliases": []}],
}
SKIPPED: dict[str, object] = {"name": "miniatures", "skip_reason": "not found on PyPI"}


def ask(folder: Path, script: str, within_s: float = 60) -> tuple[int, list[str]]:
    """Run the check with a pip-audit that is this shell script; returns its status and lines."""
    if script:
        (folder / "pip-audit").write_text(f"#!/bin/sh\n{script}\n")
        (folder / "pip-audit").chmod(0o755)
    code = f"import sys; sys.path.insert(0, '.ci'); import advisories; sys.exit(advisories.audit({within_s}))"
    # -S: no packages of this environment, so that a pip-audit installed here is not found.
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=ROOT, env={"PATH": str(folder)}, capture_output=True, text=True
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def printing(*packages: dict[str, object]) -> str:
    return f"echo '{json.dumps({'dependencies': packages, 'fixes': []})}'"


def test_a_known_vulnerability_is_told_and_fails(tmp_path: Path) -> None:
    assert ask(tmp_path, printing(SOUND, HOLED, SKIPPED) + "; exit 1") == (
        1,
        [
            "Advisories: left 1.0 has PYSEC-1; fixed in 1.1.",
            "Advisories: 2 packages checked, 1 known vulnerabilities.",
        ],
    )


def test_an_environment_without_one_passes(tmp_path: Path) -> None:
    assert ask(tmp_path, printing(SOUND, SKIPPED)) == (0, ["Advisories: 1 packages checked, 0 known vulnerabilities."])


def test_advisories_out_of_reach_are_one_line_and_fail_nothing(tmp_path: Path) -> None:
    assert ask(tmp_path, "echo trace >&2; echo 'Could not connect' >&2; exit 1") == (
        0,
        ["Advisories: not checked (Could not connect)."],
    )
    assert ask(tmp_path, printing(SKIPPED)) == (0, ["Advisories: not checked (no package was looked up)."])


@pytest.mark.slow
def test_a_silence_ends_with_what_it_started(tmp_path: Path) -> None:
    # The child holds the output open: only its end lets the check end.
    status, lines = ask(tmp_path, "(while :; do :; done) & wait", within_s=0.3)

    assert (status, lines) == (0, ["Advisories: not checked (no answer within 0.3 s)."])


def test_without_the_tool_it_says_so(tmp_path: Path) -> None:
    assert ask(tmp_path, "") == (0, ["Advisories: not checked (pip-audit is not here, nor uvx or pipx to run it)."])
