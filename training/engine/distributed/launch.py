"""One run on several devices: the engine's first process starts others by `accelerate launch` and stands behind them.

It writes what `accelerate launch` wants to know into the run directory, passes a stop on to every process itself (the
launcher of torch would kill them after half a minute, checkpoint or not), and says how the run ended where none of them
could. Without it, `accelerate launch -m training.engine RUN_DIR` by hand does the same but for that.
Of a run on several hosts each has a launcher in a run directory of its own; the first host's tells how the run went.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

from jobs.rundir import EngineError, RunDir, identity
from jobs.rundir.attempt import RESULT
from jobs.rundir.durable import write_durably
from jobs.rundir.identity import ProcessMark
from training.engine.contracts import TrainError, TrainSpec
from training.engine.distributed import hosts
from web.process.parent import end_with_parent

FOLDER: Final = "launch"
RANK, LAUNCHED = "RANK", "MINIATURES_LAUNCHED"
POLL_EVERY_S: Final = 0.2


def needs_launcher(spec: TrainSpec) -> bool:
    """Return whether this process is to start others instead of computing: a launcher names each of those by `RANK`."""
    return spec.recipe.processes > 1 and RANK not in os.environ


def open_run(folder: Path) -> RunDir:
    """The run directory, as this process may use it: among several only the first reports."""
    rank = int(os.environ.get(RANK, "0"))
    if rank == 0 and LAUNCHED not in os.environ:
        return RunDir.open(folder)
    run = RunDir.join(folder, reports=rank == 0)
    if LAUNCHED in os.environ:
        end_with_parent(signal.SIGKILL)
        write_durably(_mark_file(folder, rank), identity.mark_of(os.getpid()).model_dump_json().encode())
    return run


def fail_quietly(run: RunDir, error: EngineError) -> None:
    """Leave word of what went wrong in a process that does not report."""
    folder = run.path / FOLDER
    folder.mkdir(exist_ok=True)
    write_durably(folder / f"error-{os.environ[RANK]}.json", error.model_dump_json().encode())


def launch(run: RunDir, spec: TrainSpec, *, on_cpu: bool) -> int:
    """Start the processes, pass stops on to them, and wait until all have ended.

    Args:
        spec: What to do; each process reads it again.
        on_cpu: They talk by gloo instead of NCCL.

    Returns:
        Exit status; the result is written, except where another host may know better why it ended.

    Raises:
        TrainError: It is for several hosts, and nobody said where they meet.
    """
    if spec.recipe.hosts > 1 and spec.meeting is None:
        message = f"this run takes {spec.recipe.hosts} hosts, and its spec does not say where they meet"
        raise TrainError("no_meeting", message, "Name the meeting, or run `accelerate launch` on each host by hand.")
    folder = run.path / FOLDER
    folder.mkdir(exist_ok=True)
    for stale in folder.glob("*-*.json"):
        stale.unlink()
    config = folder / "accelerate.json"
    config.write_text(json.dumps(accelerate_config(spec, on_cpu=on_cpu), indent=1))
    command = [
        sys.executable,
        "-m",
        "training.engine.distributed.launch",
        "--config_file",
        str(config),
        "-m",
        "training.engine",
        str(run.path),
    ]
    process = subprocess.Popen(command, env=_environment(run, spec, on_cpu=on_cpu))
    signalled: set[int] = set()
    while process.poll() is None:
        if run.stop_requested:
            signalled |= _forward_stop(run.path, _ranks_here(spec), signalled)
        time.sleep(POLL_EVERY_S)
    if not (run.path / RESULT).exists():
        _finish(run, spec, process.returncode)
    return process.returncode


def accelerate_config(spec: TrainSpec, *, on_cpu: bool) -> dict[str, Any]:
    """Return what `accelerate launch` is told; how the model is spread over the processes they settle themselves."""
    meeting = spec.meeting
    return {
        "compute_environment": "LOCAL_MACHINE",
        # The only launcher of accelerate that starts several processes without MPI; `use_cpu` makes them use gloo.
        "distributed_type": "MULTI_GPU",
        "num_processes": spec.recipe.processes,
        "num_machines": spec.recipe.hosts,
        "machine_rank": meeting.rank if meeting else 0,
        "main_process_ip": meeting.address if meeting else None,
        # Any free one: other runs of this host have theirs.
        "main_process_port": meeting.port if meeting else 0,
        "rdzv_backend": "static",
        "same_network": True,
        "mixed_precision": "no",
        "use_cpu": on_cpu,
        "debug": False,
    }


def _environment(run: RunDir, spec: TrainSpec, *, on_cpu: bool) -> dict[str, str]:
    threads = max(1, (os.cpu_count() or 1) // spec.recipe.processes_per_host)
    own = {"OMP_NUM_THREADS": str(threads if on_cpu else 1), **_meeting_environment(spec)}
    # The pipe that brought the secrets ends here; the processes find them where an engine run by hand does.
    return {**own, **os.environ, **run.secrets(), LAUNCHED: "1"}


def _meeting_environment(spec: TrainSpec) -> dict[str, str]:
    """Return by which interface the processes of several hosts talk, and the name of the one attempt they belong to."""
    if spec.meeting is None:
        return {}
    interface = hosts.interface_towards(spec.meeting.address, spec.meeting.port)
    # Without it gloo takes the address that the host's own name stands for, which others may not reach.
    talking = {"GLOO_SOCKET_IFNAME": interface, "NCCL_SOCKET_IFNAME": interface} if interface else {}
    return {"PET_RDZV_ID": spec.meeting.token, **talking}


def _ranks_here(spec: TrainSpec) -> range:
    count = spec.recipe.processes_per_host
    first = spec.meeting.rank * count if spec.meeting else 0
    return range(first, first + count)


def _forward_stop(folder: Path, ranks: range, signalled: set[int]) -> set[int]:
    """Signal processes that are up and not signalled yet; loading ones are signalled at a later look."""
    reached = set()
    for rank in set(ranks) - signalled:
        with contextlib.suppress(OSError, ValueError):
            mark = ProcessMark.model_validate_json(_mark_file(folder, rank).read_bytes())
            identity.send_signal(mark, signal.SIGTERM)
            reached.add(rank)
    return reached


def _finish(run: RunDir, spec: TrainSpec, code: int) -> None:
    """Record the outcome of a run whose processes could not."""
    if errors := sorted((run.path / FOLDER).glob("error-*.json")):
        run.finish("failed", error=EngineError.model_validate_json(errors[0].read_bytes()))
        return
    if spec.meeting is not None and spec.meeting.rank == 0:
        # Without a result it is another host's to say why, and the run is taken up again.
        return
    if spec.meeting is not None and code == 0:
        run.finish("succeeded")
        return
    lost = TrainError(
        "process_lost",
        f"one of the {spec.recipe.processes} processes of this run was lost, "
        f"and the others stopped (exit status {code})",
        "The log below shows whether a GPU was lost or memory ran out. Resume continues from the newest checkpoint.",
    )
    run.finish("failed", error=EngineError(code=lost.code, message=lost.message, hint=lost.hint))


def _mark_file(folder: Path, rank: int) -> Path:
    return folder / FOLDER / f"process-{rank}.json"


def _accelerate_launch() -> None:
    """Run `accelerate launch` with this process's arguments; it ends with its parent process."""
    from accelerate.commands import launch as accelerate

    end_with_parent(signal.SIGKILL)
    accelerate.main()


if __name__ == "__main__":
    _accelerate_launch()
