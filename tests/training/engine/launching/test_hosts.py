"""One run on two hosts, each a network namespace with a run directory of its own: sharded weights, talk by gloo."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from safetensors.torch import load_file

from jobs.rundir.attempt import RESULT
from tests.nursery import SETTINGS
from tests.postgres_server import free_port
from tests.training.engine.launching.networks import ADDRESSES, inside, two_hosts
from tests.training.engine.launching.test_several import PATIENCE_S, losses, pid_of
from tests.training.engine.ranks import wait_for_step
from training.engine.contracts import TrainSpec
from training.engine.distributed import hosts, launch

# Each process imports for itself, and beside other passes that takes minutes.
pytestmark = [pytest.mark.engine, pytest.mark.timeout(1200)]
# There are no names in the namespaces, and nobody to ask for them.
ENVIRONMENT = {**SETTINGS, "RES_OPTIONS": "timeout:1 attempts:1"}
FULL = {"method": "full", "learning_rate": 1e-3, "max_grad_norm": 0.5, "checkpoint_every_steps": 3}
TWO = {"processes": 2, "hosts": 2, "strategy": "fsdp2"}


@pytest.fixture
def network() -> Iterator[tuple[str, str]]:
    with two_hosts() as names:
        yield names


@pytest.fixture
def lay_two(lay_run, student):
    """Run directories of both hosts: the same but for their place in the meeting."""

    def lay(name: str, *, resume_from: Path | None = None, token: str = "", **recipe: object) -> tuple[Path, Path]:
        port = free_port()
        first, second = (
            lay_run(
                f"{name}-{rank}", student(), recipe={**FULL, **TWO, **recipe},
                resume_from=resume_from if not rank else None,
                meeting={"rank": rank, "address": ADDRESSES[0], "port": port, "token": token or name},
            )
            for rank in (0, 1)
        )  # fmt: skip
        return first, second

    return lay


@contextmanager
def started(network: tuple[str, str], folders: tuple[Path, Path]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """The engines of both hosts; whoever still runs at the end is killed with all it started."""
    with ExitStack() as stack:
        processes = []
        for name, folder in zip(network, folders, strict=True):
            log = stack.enter_context((folder / "engine.log").open("ab"))
            command = [*inside(name), sys.executable, "-m", "training.engine", str(folder)]
            process = subprocess.Popen(
                command, env={**os.environ, **ENVIRONMENT}, stdout=log, stderr=log, start_new_session=True
            )
            stack.callback(kill, process)
            processes.append(process)
        yield processes


def kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def ends(folders: tuple[Path, Path]) -> str:
    return "\n".join((folder / "engine.log").read_text()[-3000:] for folder in folders)


@pytest.mark.slow
def test_two_hosts_have_the_losses_and_the_files_of_one_process(
    network, lay_two, lay_run, student, tune, result, events
):
    alone = lay_run("alone", student(), recipe={**FULL, "accumulation": 4})
    together = lay_two("together", accumulation=2)

    tune(alone)
    with started(network, together) as processes:
        statuses = [process.wait(PATIENCE_S) for process in processes]

    assert statuses == [0, 0], ends(together)
    first, second = together
    assert losses(events, first) == pytest.approx(losses(events, alone), rel=1e-5)
    one, two = result(alone)["summary"], result(first)["summary"]
    assert (one["processes"], two["processes"]) == (1, 2)
    assert two["validation_loss"] == pytest.approx(one["validation_loss"], rel=1e-5)
    mine, theirs = load_file(first / "model/model.safetensors"), load_file(alone / "model/model.safetensors")
    assert all((mine[name] - theirs[name]).norm() < 1e-3 * theirs[name].norm() for name in theirs)
    # The other host has its part, reports nothing and leaves nothing; the best weights came to it from the first.
    assert result(second) == {"outcome": "succeeded", "summary": {}, "artefacts": [], "error": None}
    assert (second / "events.jsonl").read_text() == ""
    assert (second / "best/weights.safetensors").read_bytes() == (first / "best/weights.safetensors").read_bytes()


@pytest.mark.slow
def test_a_killed_process_ends_both_hosts_and_the_run_goes_on_from_the_first_hosts_checkpoint(
    network, lay_two, result, events
):  # fmt: skip
    cut = lay_two("cut", epochs=100)
    with started(network, cut) as processes:
        wait_for_step(cut[0], 7)
        os.kill(pid_of(cut[1], 1), signal.SIGKILL)
        statuses = [process.wait(PATIENCE_S) for process in processes]

    assert 0 not in statuses, ends(cut)
    # The first host leaves no word, so that its supervisor takes the run up again.
    assert not (cut[0] / RESULT).exists()
    assert result(cut[1])["error"]["code"] == "process_lost"

    whole = losses(events, cut[0])
    resumed = lay_two("resumed", resume_from=cut[0], epochs=100)
    with started(network, resumed) as processes:
        wait_for_step(resumed[0], 12)
        # A stop that only the other host hears of reaches all.
        os.kill(json.loads((resumed[1] / "engine.json").read_text())["pid"], signal.SIGTERM)
        statuses = [process.wait(PATIENCE_S) for process in processes]

    assert (statuses, result(resumed[0])["outcome"]) == ([0, 0], "stopped"), ends(resumed)
    again = losses(events, resumed[0])
    assert min(again) in (4, 7)
    # Bit for bit, where both have been.
    assert {step: loss for step, loss in again.items() if step in whole} == {
        step: loss for step, loss in whole.items() if step in again
    }
    assert max(again) > max(whole)


def test_a_run_on_several_hosts_without_a_meeting_is_refused(lay_run, student, tune, result):
    run_dir = lay_run("run", student(), recipe=TWO)

    assert tune(run_dir) == 1
    assert result(run_dir)["error"]["code"] == "no_meeting"


def test_each_host_starts_its_own_ranks_and_names_the_interface_it_meets_by(lay_run, student):
    run_dir = lay_run(
        "run", student(), recipe={**TWO, "processes": 4},
        meeting={"rank": 1, "address": "127.0.0.1", "port": 4000, "token": "t"},
    )  # fmt: skip
    spec = TrainSpec.model_validate(json.loads((run_dir / "spec.json").read_text())["body"])

    config = launch.accelerate_config(spec, on_cpu=True)

    named = ("num_processes", "num_machines", "machine_rank", "main_process_ip", "main_process_port")
    assert [config[name] for name in named] == [4, 2, 1, "127.0.0.1", 4000]
    assert list(launch._ranks_here(spec)) == [2, 3]
    assert launch._meeting_environment(spec)["GLOO_SOCKET_IFNAME"] == hosts.interface_towards("127.0.0.1", 1) == "lo"
