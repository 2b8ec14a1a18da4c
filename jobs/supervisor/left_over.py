"""Engines of this host that no worker stands behind any more, ended when everything on the host stops."""

from __future__ import annotations

import time

from jobs.models import Job
from jobs.rundir import identity
from jobs.supervisor import engine_process as engines
from jobs.supervisor import run_dirs
from jobs.supervisor.engine_process import EngineProcess

POLL_S = 0.1


def end_engines(*, within_s: float) -> int:
    """Ask the engines on this host to save and end, and kill those that have not ended in time.

    Call it when no worker of this installation runs here: their jobs go on from the last checkpoint with the next
    worker.

    Returns:
        How many there were.
    """
    running = _running()
    for engine in running:
        engine.ask_to_stop()
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s and any(engine.is_alive for engine in running):
        time.sleep(POLL_S)
    for engine in running:
        if engine.is_alive:
            engine.kill()
    return len(running)


def _running() -> list[EngineProcess]:
    unsettled = Job.objects.filter(settled=False, host_id=identity.host_id()).values_list("pk", "run_fence")
    processes = (engines.find(run_dirs.run_dir_of(job_id, fence)) for job_id, fence in unsettled)
    return [engine for engine in processes if engine is not None]
