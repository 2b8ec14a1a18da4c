"""A command that is asked to end takes back what it began."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

LINES = """
import sys, tempfile, time
from web.process.soft_end import soft_end
with soft_end(), tempfile.TemporaryDirectory(dir=sys.argv[1]):
    print("begun", flush=True)
    time.sleep(60)
"""

TAKING_BACK = """
import signal, sys
from miniatures_site.backup.rollback import Rollback
from web.process.soft_end import soft_end
undo = Rollback()
for step in "ab":
    undo.add(step, lambda: [signal.raise_signal(getattr(signal, sys.argv[1])), print("taken back", flush=True)])
with soft_end():
    try:
        raise OSError
    except BaseException:
        print(undo.run())
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_what_was_begun_is_gone_after_a_signal(tmp_path: Path, number: int) -> None:
    # Under `nohup` tests inherit that it is ignored.
    heeding = [sys.executable, "-c", f"import signal; signal.signal(1, signal.SIG_DFL)\n{LINES}", tmp_path]
    with subprocess.Popen(heeding, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        is_begun = bool(list(tmp_path.iterdir()))

        process.send_signal(number)

    assert is_begun
    assert process.returncode == 128 + number
    assert list(tmp_path.iterdir()) == []


def test_who_ignored_a_closed_terminal_goes_on(tmp_path: Path) -> None:
    ignoring = [sys.executable, "-c", f"import signal; signal.signal(1, signal.SIG_IGN)\n{LINES}", tmp_path]
    with subprocess.Popen(ignoring, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()

        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)

    assert process.returncode == 128 + signal.SIGTERM


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_what_is_being_taken_back_is_taken_back_whole(name: str) -> None:
    done = subprocess.run([sys.executable, "-c", TAKING_BACK, name], capture_output=True, text=True, check=False)

    assert (done.stdout, done.returncode) == ("taken back\ntaken back\n[]\n", 0), done.stderr
