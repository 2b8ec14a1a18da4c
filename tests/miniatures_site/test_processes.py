"""Processes that run together: what ends comes back, and a signal stops all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.waiting import wait_until
from web.process import lines, procfile

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 60
# The supervisor takes signals in its main thread, so it gets a process of its own.
RUNNER = """
import os, sys
from pathlib import Path
from web.process import procfile
procfile.FIRST_PAUSE_S, procfile.HEALTHY_AFTER_S, procfile.STOP_WITHIN_S = 0.05, float(sys.argv[2]), 0.5
procfile.MOST_PAUSE_S = 0.5
folder = Path(sys.argv[1])
lines = dict(line.split(": ", 1) for line in (folder / "Procfile").read_text().splitlines())
tell = lambda name, line: os.write(1, b"%s %s\\n" % ((name or "system").encode(), line.strip()))
forked = [name for name in lines if name.startswith("forked")]
sys.exit(procfile.ProcfileRunner(lines, environment=os.environ, folder=folder, tell=tell, forked=forked,
    give_up_after=None if sys.argv[3] == "None" else int(sys.argv[3])).run())
"""
# Says its line, then writes its pid to a file named by the line, and stays: whoever finds the pid may kill it.
MODULE = """
import os, sys, time
print(f"begins with procfile: {'web.process.procfile' in sys.modules} at {sys.argv[2]}", flush=True)
with open(os.path.join(os.environ["PLACE"], sys.argv[1]), "a") as file:
    print(os.getpid(), file=file)
time.sleep(600)
"""
STAYS = 'sh -c \'echo $$ >> "$0"; exec sleep 600\' "${PLACE}"/'


@pytest.fixture
def folder(tmp_path) -> Path:
    folder = tmp_path / "a folder with spaces"
    folder.mkdir()
    return folder


@pytest.fixture
def start(folder) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    running: list[subprocess.Popen[str]] = []

    def _start(*, well_after_s: float = 0.0, give_up_after: str = "5", **lines: str) -> subprocess.Popen[str]:
        (folder / "Procfile").write_text("".join(f"{name}: {line}\n" for name, line in lines.items()))
        environment = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", "PLACE": str(folder)}
        process = subprocess.Popen(
            [sys.executable, "-c", RUNNER, str(folder), str(well_after_s), give_up_after], env=environment,
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        running.append(process)
        return process

    yield _start
    for process in running:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)


def pids(folder: Path, name: str) -> list[int]:
    path = folder / name
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_what_is_killed_is_started_again_and_the_others_stay(start, folder):
    start(one=f"{STAYS}one", two=f"{STAYS}two")
    wait_until(lambda: pids(folder, "one") and pids(folder, "two"))

    os.kill(pids(folder, "one")[0], signal.SIGKILL)

    wait_until(lambda: len(pids(folder, "one")) == 2)
    assert is_alive(pids(folder, "one")[1])
    assert len(pids(folder, "two")) == 1
    assert is_alive(pids(folder, "two")[0])


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all_and_is_no_failure(start, folder, number):
    process = start(
        one=f"{STAYS}one",
        deaf='sh -c \'trap "" TERM INT HUP; echo $$ >> "${PLACE}/deaf"; while :; do sleep 0.1; done\'',
    )
    wait_until(lambda: pids(folder, "one") and pids(folder, "deaf"))

    process.send_signal(number)
    output, _ = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 0, output
    assert not any(is_alive(pid) for pid in (*pids(folder, "one"), *pids(folder, "deaf")))


@pytest.mark.slow
def test_what_never_comes_up_stops_all_with_its_status_after_longer_and_longer_pauses(start, folder):
    process = start(one=f"{STAYS}one", broken="sh -c 'exit 7'", well_after_s=1000.0)

    output, _ = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 7
    assert [line.split()[-2] for line in output.splitlines() if "started again" in line] == [
        "0.05",
        "0.1",
        "0.2",
        "0.4",
    ]
    assert "5 times in a row; all are stopped" in output
    assert not any(is_alive(pid) for pid in pids(folder, "one"))


@pytest.mark.slow
def test_a_site_stays_up_without_the_part_that_never_comes_up(start, folder):
    start(
        one=f"{STAYS}one",
        broken="sh -c 'echo $$ >> \"${PLACE}/broken\"; exit 7'",
        give_up_after="None",
        well_after_s=1000.0,
    )

    wait_until(lambda: len(pids(folder, "broken")) > procfile.GIVE_UP_AFTER)

    assert is_alive(pids(folder, "one")[0])


def run_lines(folder: Path, *words: str, **variables: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PLACE": str(folder), **variables}
    line = [sys.executable, "-m", "web.process.lines", *words]
    return subprocess.Popen(
        line, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(("log_format", "is_object"), [("json", True), ("plain", False)])
def test_the_procfile_of_a_folder_is_run_whole_and_json_objects_get_nothing_before_them(folder, log_format, is_object):
    (folder / "Procfile").write_text(f"# how\nsays: echo '{{\"a\": 1}}'\nstays: {STAYS}stays\n")
    process = run_lines(folder, LOG_FORMAT=log_format)
    assert process.stdout
    printed = []
    # What a process wrote last may come after the word that it is started again.
    while not all(any(part in line for line in printed) for part in ("started again", '"a": 1')):
        printed.append(process.stdout.readline())
    wait_until(lambda: pids(folder, "stays"))
    process.terminate()
    assert process.wait(PATIENCE_S) == 0

    assert any(line == '{"a": 1}\n' for line in printed) is is_object
    assert any(line.endswith(' says   | {"a": 1}\n') for line in printed) is not is_object
    own = [line for line in printed if "started" in line]
    assert not is_object or all(json.loads(line)["logger"] for line in own)
    assert not is_alive(pids(folder, "stays")[0])


def test_a_log_is_rotated_and_keeps_the_newest_lines_in_their_order(tmp_path):
    write = lines.rotated(tmp_path / "site.log", most_bytes=100, backups=2)
    tell = lines.printer(["web"], write)

    for number in range(8):
        tell("web", b"line %d of thirty-odd letters\n" % number)

    files = [tmp_path / name for name in ("site.log.2", "site.log.1", "site.log")]
    assert all(path.stat().st_size <= 100 for path in files)
    assert [line.split()[4] for path in files for line in path.read_text().splitlines()] == list("234567")


@pytest.mark.slow
def test_a_runner_writes_its_processes_lines_into_a_log(folder):
    (folder / "Procfile").write_text(f"says: echo words\nstays: {STAYS}stays\n")
    process = run_lines(folder, "--log", "site.log")
    wait_until(lambda: "| words\n" in (folder / "site.log").read_text() if (folder / "site.log").exists() else False)
    process.terminate()

    assert process.communicate(timeout=PATIENCE_S)[0] == ""
    assert process.returncode == 0


def test_one_line_of_a_procfile_runs_in_place_for_a_supervisor_of_its_own(folder):
    (folder / "Procfile").write_text(f"other: false\none-more: {STAYS}one\n")

    process = run_lines(folder, "one-more")
    wait_until(lambda: pids(folder, "one"))
    named = pids(folder, "one")
    process.terminate()
    unknown = run_lines(folder, "two")

    assert named == [process.pid]
    assert process.wait(PATIENCE_S) == -signal.SIGTERM
    assert "has no line two: other, one-more." in unknown.communicate(timeout=PATIENCE_S)[0]
    assert unknown.returncode == 2


def test_each_line_of_output_is_told_with_its_name(start, folder):
    process = start(one='sh -c \'echo "from $0"; exec sleep 600\' "${PLACE}"')
    assert process.stdout

    lines = [process.stdout.readline() for _ in range(2)]

    assert f"one from {folder}\n" in lines


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells a process that its parent ended")
def test_no_process_outlives_a_supervisor_that_is_killed(start, folder):
    (folder / "stays.py").write_text(MODULE)
    process = start(one=f"{STAYS}one", forked_one='python -m stays forked_one "${PLACE}"')
    wait_until(lambda: pids(folder, "one") and pids(folder, "forked_one"))

    process.kill()

    wait_until(lambda: not any(is_alive(pid) for name in ("one", "forked_one") for pid in pids(folder, name)))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="programs are forked on Linux alone")
def test_a_forked_program_begins_with_what_is_imported_and_comes_back_from_nothing(start, folder):
    (folder / "stays.py").write_text(MODULE)
    line = 'python -m stays forked_one "${PLACE}"'
    process = start(forked_one=line, forked_two=line.replace("one", "two"))
    told = [process.stdout.readline() for _ in range(4)]
    wait_until(lambda: pids(folder, "forked_one") and pids(folder, "forked_two"))

    os.kill(pids(folder, "forked_one")[0], signal.SIGKILL)
    wait_until(lambda: len(pids(folder, "forked_one")) == 2)
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=PATIENCE_S)

    assert f"forked_one begins with procfile: True at {folder}\n" in told
    assert "forked_one ended with -9" in rest
    assert f"forked_one begins with procfile: False at {folder}\n" in rest
    assert process.returncode == 0
    assert not any(is_alive(pid) for name in ("forked_one", "forked_two") for pid in pids(folder, name))


@pytest.mark.skipif(sys.platform != "linux", reason="programs are forked on Linux alone")
@pytest.mark.parametrize(("ending", "status"), [("raise SystemExit(3)", 3), ("1 / 0", 1), ("", 0)])
def test_a_forked_program_ends_as_the_interpreter_would(folder, ending, status):
    (folder / "ends.py").write_text(f"import atexit; atexit.register(print, 'goes'); print('comes')\n{ending}\n")
    program = (
        "import os; from pathlib import Path; from web.process.forked import ForkedProcess as Forked; "
        "child = Forked('python -m ends', environment=os.environ, folder=Path.cwd()); "
        "print(child.wait(), child.stdout.read())"
    )
    path = f"{folder}{os.pathsep}{ROOT}"

    told = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env={**os.environ, "PYTHONPATH": path}, capture_output=True,
        text=True, check=True,
    )  # fmt: skip

    assert told.stdout.startswith(f"{status} b'comes\\n")
    assert told.stdout.count("goes") == 1
    assert ("ZeroDivisionError" in told.stdout) == (status == 1)
