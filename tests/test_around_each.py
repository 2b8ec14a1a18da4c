"""What every test may rely on, shown by a small run of pytest that has the suite's own fixtures and settings."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.passes import ROOT

AFTER_AN_ENGINE = """
import logging, os, signal, time
from jobs.contracts import SpecEnvelope
from jobs.rundir import RunDir, write_spec
from web.logs import context

at_the_start = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
root = logging.getLogger()
level, handlers = root.level, []

def test_an_engine_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("LOG_FORMAT", "json")
    handlers.extend(root.handlers)
    write_spec(tmp_path, SpecEnvelope(job="j", kind="k", fence=1, lease_s=1.0, body={}))
    RunDir.open(tmp_path)
    assert context.fields() and root.handlers != handlers
    assert signal.getsignal(signal.SIGINT) != at_the_start[signal.SIGINT]

def test_nothing_of_it_is_left():
    assert dict(context.fields()) == {}
    assert {number: signal.getsignal(number) for number in at_the_start} == at_the_start
    assert root.handlers == handlers
    assert root.level == level

def test_control_c():
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(600)

def test_later():
    pass
"""


def small_run(folder: Path, tests: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run tests of a folder of their own with the suite's settings and fixtures;
    Ctrl-C reaches them as in a terminal.
    """
    (folder / "conftest.py").write_text('pytest_plugins = ["tests.conftest"]')
    (folder / "test_small.py").write_text(tests)
    own = ("-c", str(ROOT / "pyproject.toml"), f"--rootdir={folder}", "-p", "no:cacheprovider")
    return subprocess.run(
        [sys.executable, "-m", "pytest", *own, *arguments, str(folder / "test_small.py")],
        cwd=ROOT, env={**os.environ, "PYTEST_ADDOPTS": "", "TEST_LEFT_OUT": ""}, capture_output=True, text=True,
        check=False, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip


def test_an_engine_in_the_process_of_tests_leaves_no_log_fields_and_control_c_ends_them(tmp_path: Path) -> None:
    done = small_run(tmp_path, AFTER_AN_ENGINE)

    assert done.returncode == pytest.ExitCode.INTERRUPTED, done.stdout
    assert "2 passed" in done.stdout and "KeyboardInterrupt" in done.stdout
