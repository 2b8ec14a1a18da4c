"""`python -m serving.engine RUN_DIR`: hold models behind a unix socket until told to stop.

Costs next to nothing while idle: it wakes a few times a second to look at its lease.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from jobs.rundir import RunDir
from jobs.rundir.garbage import end_process, without_garbage_collection

with without_garbage_collection():
    import torch
    import uvicorn

    from serving.engine import unix_socket
    from serving.engine.contracts import ServingSpec
    from serving.engine.errors import RequestRefused
    from serving.engine.memory import limits
    from serving.engine.model_cache import ModelCache
    from serving.engine.scheduler import Scheduler
    from serving.engine.server import App
    from training.engine.contracts import HUB_TOKEN, TrainError
    from training.engine.model.placement import place
    from training.engine.process import run_engine

LOOK_EVERY_S = 0.5
REPORT_EVERY_S = 30.0
LEAVE_WITHIN_S = 3
# An engine that has stood for so long has come up well; earlier crashes are no reason to give it up.
STEADY_AFTER_S = 30.0
# Two threads that take turns, sockets and torch, must not wait five milliseconds for each other.
SWITCH_EVERY_S = 0.0005


class QuietServer(uvicorn.Server):
    """Uvicorn without its signal handlers: SIGTERM is the run directory's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def main(run: RunDir) -> int:
    """Serve, and end the attempt; returns the process's exit status."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    sys.setswitchinterval(SWITCH_EVERY_S)

    def work() -> int:
        asyncio.run(serve(run, ServingSpec.model_validate(run.spec.body)))
        run.finish("stopped")
        return 0

    return run_engine(work, finish=run.finish, explain=_explain)


def _explain(error: Exception) -> TrainError | None:
    if isinstance(error, OSError | ValueError):
        return TrainError("socket", f"The socket could not be opened: {error}")
    return None


async def serve(run: RunDir, spec: ServingSpec) -> None:
    """Listen, load what is promoted, answer; returns once asked to stop, within a few seconds."""
    compute = ThreadPoolExecutor(1, thread_name_prefix="compute")
    bounds = limits(place(spec.device, "auto", "lora").device, weights=spec.max_weights_bytes, kv=spec.max_kv_bytes)
    shelf = ModelCache(
        compute,
        max_weights_bytes=bounds.weights,
        device=spec.device,
        token=run.secrets().get(HUB_TOKEN),
        allowed_roots=tuple(spec.allowed_roots),
    )
    await shelf.know(spec.models)
    scheduler = Scheduler(shelf, compute, spec.max_batch, spec.max_waiting, bounds.kv)
    app = App(scheduler)
    path = Path(spec.socket)
    listener = unix_socket.listen(path)
    inode = path.stat().st_ino
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=LEAVE_WITHIN_S
    )
    server = QuietServer(config)
    tasks = [asyncio.create_task(scheduler.run()), asyncio.create_task(_warm(run, shelf))]
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    run.emit("serving", state="running", models=shelf.known, pid=os.getpid())
    await _watch(run, app, serving)
    scheduler.stop()
    server.should_exit = True
    await serving
    for task in tasks:
        task.cancel()
    unix_socket.leave(path, inode)
    compute.shutdown(wait=False, cancel_futures=True)


async def _warm(run: RunDir, shelf: ModelCache) -> None:
    """Load models ahead of their first question, as far as they fit."""
    for name in shelf.known:
        try:
            await shelf.release(await shelf.take(name))
        except RequestRefused as refusal:
            run.emit("log", level="warning", message=refusal.message)
    run.emit("serving", state="loaded", models=[name for name in shelf.known if shelf.is_loaded(name)])


async def _watch(run: RunDir, app: App, serving: asyncio.Task[None]) -> None:
    """Check for a stop and report figures; wakes twice a second."""
    reported, waited_s, steady_at_s = -1, REPORT_EVERY_S, time.monotonic() + STEADY_AFTER_S
    while not run.stop_requested and not serving.done():
        if time.monotonic() >= steady_at_s:
            run.emit("serving", state="steady")
            steady_at_s = math.inf
        if waited_s >= REPORT_EVERY_S:
            done = sum(model.get("requests", 0) for model in app.state()["models"])
            if done != reported:
                run.emit("progress", done=done, unit="answers")
                reported, waited_s = done, 0.0
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(serving), LOOK_EVERY_S)
        waited_s += LOOK_EVERY_S


if __name__ == "__main__":
    torch.set_grad_enabled(mode=False)
    end_process(main(RunDir.open(Path(sys.argv[1]))))
