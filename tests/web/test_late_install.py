"""What training needs may be installed while the site runs; pages and programs are told, and jobs wait."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.jobs.conftest import wait_for
from web.process import late_install
from web.process.late_install import LateInstall

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """An environment of Python without torch, and with no record yet."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(late_install, "NEEDED", ("no_such_package_at_all",))
    late_install._read_lately.cache_clear()
    yield tmp_path
    late_install._read_lately.cache_clear()


def under_way(**changed: object) -> LateInstall:
    install = {"state": "installing", "began_at": time.time() - 50, "pid": os.getpid(), "command": "make install"}
    return LateInstall(**(install | changed))


def test_without_a_record_nothing_is_being_installed(environment):
    assert late_install.pending() is None


def test_an_install_tells_how_long_it_still_takes(environment):
    late_install._write(under_way())

    assert str(late_install.pending()) == "What training and serving need is being installed, about 40 s left."


def test_one_that_takes_longer_than_usual_promises_nothing(environment):
    late_install._write(under_way(began_at=time.time() - 900))

    assert str(late_install.pending()).endswith("it takes longer than usual.")


def test_a_failed_install_tells_why_and_how_to_repeat_it(environment):
    status = late_install.run([sys.executable, "-c", "import sys; print('ERROR: No space left'); sys.exit(3)"])

    assert status == 3
    assert "ERROR: No space left" in str(late_install.pending())
    assert str(late_install.pending()).endswith("Repeat it with: make install")


def test_one_that_was_killed_is_told_as_failed(environment):
    late_install._write(under_way(pid=2**22 + 1))

    assert late_install.pending().state == "failed"


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux says when a process started.")
def test_one_whose_number_another_process_has_after_a_restart_is_told_as_failed_and_repeated(environment):
    begun = {"state": "installing", "began_at": time.time() - 50, "pid": os.getpid(), "command": "make install"}
    late_install.record_path().write_text(json.dumps({**begun, "started": "another-boot 4711"}))

    assert late_install.pending().state == "failed"
    assert late_install.run([sys.executable, "-c", "import sys; sys.exit(3)"]) == 3


def test_one_that_is_under_way_is_known_by_its_process(environment):
    ask = f"""
import sys
from web.process import late_install
sys.prefix, late_install.NEEDED = {str(environment)!r}, ("no_such_package_at_all",)
late_install.RECORD = {late_install.RECORD!r}
print(late_install.run([sys.executable, "-c", "import time; time.sleep(60)"]))
"""
    with subprocess.Popen([sys.executable, "-c", ask], cwd=ROOT, start_new_session=True) as first:
        wait_for(late_install.record_path().exists)
        while_it_runs = late_install._read().state
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()

    assert (while_it_runs, late_install._read().state) == ("installing", "failed")


def test_one_that_ends_well_leaves_nothing_to_wait_for(environment, monkeypatch):
    looks = iter([["torch"], []])
    monkeypatch.setattr(late_install, "lacking", lambda: next(looks, []))

    assert late_install.run([sys.executable, "-c", ""]) == 0

    assert late_install.pending() is None


def test_one_that_ends_without_torch_names_the_command_that_brings_it(environment):
    late_install.run([sys.executable, "-c", "print('torch could not be installed')"])

    assert str(late_install.pending()).endswith("Repeat it with: make torch")


def test_a_second_install_beside_the_first_does_nothing(environment):
    late_install._write(under_way())

    assert late_install.run([sys.executable, "-c", "import sys; sys.exit(3)"]) == 0
