"""An engine's view of its directory."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.contracts import SpecEnvelope
from jobs.rundir import EngineError, RunDir, lease, write_spec
from jobs.rundir.attempt import BrokenResult, engine_of, log_tail, read_result, verify
from jobs.rundir.identity import is_alive, mark_of
from jobs.rundir.run import SECRETS_FD
from jobs.rundir.tail import EventTail


def laid(folder: Path, **more: object) -> Path:
    write_spec(folder, SpecEnvelope(**{"job": "j", "kind": "k", "fence": 1, "lease_s": 1.0, "body": {"n": 3}, **more}))
    return folder


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    return laid(tmp_path / "1")


def test_events_come_back_as_they_were_said(run_dir):
    run = RunDir.open(run_dir)

    run.emit("metric", step=1, loss=0.5)
    run.emit("log", level="info", message="zwölf\n\x00")

    events = EventTail(run_dir).read()
    assert [(event.seq, event.kind) for event in events] == [(1, "metric"), (2, "log")]
    assert events[1].payload["message"] == "zwölf\n\ufffd"


def test_a_number_that_is_none_is_said_as_nothing(run_dir):
    run = RunDir.open(run_dir)

    run.emit("metric", loss=float("nan"), best=float("inf"), kept=1.5)

    assert EventTail(run_dir).read()[0].payload == {"loss": None, "best": None, "kept": 1.5}


def test_an_event_longer_than_a_mebibyte_is_refused(run_dir):
    run = RunDir.open(run_dir)

    with pytest.raises(ValueError, match="at most"):
        run.emit("log", message="x" * (1 << 20))

    assert run.emit("log", message="short") == 1


def test_an_engine_begun_anew_by_hand_goes_on_numbering_and_cuts_the_torn_line(run_dir):
    RunDir.open(run_dir).emit("metric", step=1)
    with (run_dir / "events.jsonl").open("ab") as file:
        file.write(b'{"seq":2,"ts":1')

    RunDir.open(run_dir).emit("metric", step=2)

    assert [event.seq for event in EventTail(run_dir).read()] == [1, 2]


def test_finishing_hashes_files_and_folders_and_names_the_process(run_dir):
    run = RunDir.open(run_dir)
    (run_dir / "adapter").mkdir()
    (run_dir / "adapter" / "weights.bin").write_bytes(b"abc")
    (run_dir / "card.md").write_text("card")

    run.finish("succeeded", {"loss": 0.1}, ["adapter", "card.md"])

    result = read_result(run_dir)
    assert [ref.path for ref in result.artefacts] == ["adapter/weights.bin", "card.md"]
    assert result.artefacts[0].sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    verify(run_dir, result)
    assert is_alive(engine_of(run_dir))


def test_finishing_twice_is_a_mistake(run_dir):
    run = RunDir.open(run_dir)
    run.finish("stopped")

    with pytest.raises(RuntimeError):
        run.finish("succeeded")

    assert read_result(run_dir).outcome == "stopped"


@pytest.mark.parametrize("path", ["../outside", "absent.bin"])
def test_an_artefact_outside_or_absent_is_refused(run_dir, path):
    (run_dir.parent / "outside").write_text("x")
    run = RunDir.open(run_dir)

    with pytest.raises(ValueError, match="artefact"):
        run.finish("succeeded", {}, [path])

    assert read_result(run_dir) is None


def test_a_changed_artefact_and_a_broken_result_are_noticed(run_dir):
    run = RunDir.open(run_dir)
    (run_dir / "a.txt").write_text("one")
    run.finish("succeeded", {}, ["a.txt"])
    (run_dir / "a.txt").write_text("two")

    with pytest.raises(BrokenResult, match=r"a\.txt is not the file"):
        verify(run_dir, read_result(run_dir))
    (run_dir / "result.json").write_text('{"outcome": "splendid"}')
    with pytest.raises(BrokenResult, match="not a result"):
        read_result(run_dir)


def test_a_stale_lease_asks_the_engine_to_stop(run_dir):
    lease.touch(run_dir)
    run = RunDir.open(run_dir)
    before = run.stop_requested

    lease.touch(run_dir, at_s=lease.boot_clock_s() - 5)
    run._looked_s = 0

    assert (before, run.stop_requested, run.stop_reason) == (False, True, "lease")


def test_a_directory_that_was_thrown_away_asks_the_engine_to_stop(run_dir):
    lease.touch(run_dir)
    run = RunDir.open(run_dir)
    before = run.stop_requested

    shutil.rmtree(run_dir)
    run._looked_s = 0

    assert (before, run.stop_requested, run.stop_reason) == (False, True, "lease")


def test_without_a_lease_file_nothing_grows_stale(run_dir):
    run = RunDir.open(run_dir)

    assert not run.stop_requested


def test_sigterm_asks_the_engine_to_stop(run_dir):
    run = RunDir.open(run_dir)

    os.kill(os.getpid(), signal.SIGTERM)

    assert (run.stop_requested, run.stop_reason) == (True, "signal")


def test_secrets_are_read_once_from_the_pipe_and_their_number_is_forgotten(run_dir, monkeypatch):
    read_fd, write_fd = os.pipe()
    os.write(write_fd, json.dumps({"A_KEY": "canary"}).encode())
    os.close(write_fd)
    monkeypatch.setenv(SECRETS_FD, str(read_fd))
    run = RunDir.open(run_dir)

    assert run.secrets() == {"A_KEY": "canary"}
    assert run.secrets() == {"A_KEY": "canary"}
    assert SECRETS_FD not in os.environ


def test_by_hand_secrets_come_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("A_KEY", "by-hand")
    run = RunDir.open(laid(tmp_path / "1", secret_refs=["A_KEY", "B_KEY"]))

    assert run.secrets() == {"A_KEY": "by-hand"}


def test_earlier_attempts_are_found_newest_first(tmp_path):
    laid(tmp_path / "1")
    laid(tmp_path / "3", resume_from=str(tmp_path / "1"))
    run = RunDir.open(laid(tmp_path / "4", resume_from=str(tmp_path / "3")))

    assert run.earlier() == [tmp_path / "3", tmp_path / "1"]


@pytest.mark.slow
def test_an_engine_runs_by_hand_without_django(tmp_path):
    ledger = tmp_path / "ledger"
    laid(tmp_path / "1", body={"count": 3, "step_s": 0, "ledger": str(ledger)})

    code = (
        "import runpy, sys; sys.argv = ['engine', sys.argv[1]]; "
        "runpy.run_module('tests.jobs.engines.counting', run_name='__main__'); "
        "assert 'django' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "1")], check=True)

    assert read_result(tmp_path / "1").summary["total"] == 3
    assert ledger.read_text().split() == ["1", "2", "3"]


def test_a_failure_carries_its_code_and_hint(run_dir):
    RunDir.open(run_dir).finish("failed", error=EngineError(code="no_weights", message="None.", hint="Add some."))

    assert read_result(run_dir).error.code == "no_weights"


def test_a_pid_with_another_start_time_is_another_process():
    mark = mark_of(os.getpid())

    assert is_alive(mark)
    assert not is_alive(mark.model_copy(update={"pid_started": "1"}))
    assert not is_alive(mark.model_copy(update={"boot_id": "another"}))
    assert not is_alive(mark.model_copy(update={"host_id": "another"}))


def test_the_end_of_a_log_is_whole_lines(run_dir):
    (run_dir / "engine.log").write_text("first line\n" * 50 + "last line\n")

    assert log_tail(run_dir, 25) == "first line\nlast line\n"
    assert log_tail(run_dir.parent) == ""
