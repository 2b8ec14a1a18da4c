"""`python -m serving.engine RUN_DIR`: hold models behind a unix socket until told to stop.

Costs next to nothing while idle: it wakes a few times a second to look at its lease.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import math
import os
import socket
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jobs.rundir import RunDir
from jobs.rundir.garbage import end_process, without_garbage_collection

logger = logging.getLogger(__name__)

with without_garbage_collection():
    import torch
    import uvicorn
    from uvicorn.loops.auto import auto_loop_factory

    from serving.engine.contracts import ServingSpec
    from serving.engine.errors import RequestRefused
    from serving.engine.memory import limits
    from serving.engine.model_cache import ModelCache
    from serving.engine.scheduler import Scheduler
    from serving.engine.server import App, AsgiApp, figures
    from serving.engine.tcp_door import open_door
    from training.engine.contracts import HUB_TOKEN, TrainError
    from training.engine.model.placement import place
    from training.engine.process import run_engine

LOOK_EVERY_S = 0.5
REPORT_EVERY_S = 30.0
LEAVE_WITHIN_S = 3
# Longer than web keeps an idle connection, or one is closed here as a question comes by it, which is then lost.
KEEP_ALIVE_S = 30
# An engine that has stood for so long has come up well; earlier crashes are no reason to give it up.
STEADY_AFTER_S = 30.0
# Two threads that take turns, sockets and torch, must not wait five milliseconds for each other.
SWITCH_EVERY_S = 0.0005
# The address of a unix socket holds 108 bytes on Linux, 104 on macOS.
LONGEST_PATH = 100
BACKLOG = 512


class QuietServer(uvicorn.Server):
    """Uvicorn without its signal handlers: SIGTERM is the run directory's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def main(run: RunDir) -> int:
    """Serve by our own engine, and end the attempt; returns the process's exit status."""
    return run_serving(run, lambda: serve(run, ServingSpec.model_validate(run.spec.body)))


def run_serving(run: RunDir, begin: Callable[[], Coroutine[Any, Any, None]]) -> int:
    """Run what serves until it is stopped, and end the attempt; returns the process's exit status."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    sys.setswitchinterval(SWITCH_EVERY_S)

    def work() -> int:
        with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
            runner.run(begin())
        run.finish("stopped")
        return 0

    return run_engine(work, finish=run.finish, explain=_explain)


def _explain(error: Exception) -> TrainError | None:
    if isinstance(error, OSError | ValueError):
        return TrainError("socket", f"The socket could not be opened: {error}")
    return None


async def serve(run: RunDir, spec: ServingSpec) -> None:
    """Listen, load what is promoted, answer; returns once asked to stop, within a few seconds."""
    scheduler = open_scheduler(run, spec)
    await scheduler.shelf.know(spec.models)
    app = App(scheduler, functools.partial(figures, scheduler))
    await answer_until_stopped(run, spec, app, [scheduler.run(), _warm(run, scheduler.shelf)], stop=scheduler.stop)
    scheduler.compute.shutdown(wait=False, cancel_futures=True)


def open_scheduler(run: RunDir, spec: ServingSpec) -> Scheduler:
    """Our own engine within the limits of this host; it knows no model yet."""
    compute = ThreadPoolExecutor(1, thread_name_prefix="compute")
    bounds = limits(place(spec.device, "auto", "lora").device, weights=spec.max_weights_bytes, kv=spec.max_kv_bytes)
    shelf = ModelCache(
        compute,
        max_weights_bytes=bounds.weights,
        device=spec.device,
        token=run.secrets().get(HUB_TOKEN),
        allowed_roots=tuple(spec.allowed_roots),
    )
    return Scheduler(shelf, compute, spec.max_batch, spec.max_waiting, bounds.kv)


async def answer_until_stopped(
    run: RunDir, spec: ServingSpec, app: App, work: list[Coroutine[Any, Any, None]], *, stop: Callable[[], None]
) -> None:
    """Listen on the spec's socket until the run directory asks for a stop.

    `work` runs beside it, and `stop` ends answers. What raises there ends the engine, which is then started again: a
    socket behind which nobody works would take questions and answer none.
    """
    path = Path(spec.socket)
    listener = listen(path)
    inode = path.stat().st_ino
    server = _server(app)
    key = run.secrets().get(spec.key_name, "")
    door = open_door(app, spec.address, key, _server) if spec.address else None
    tasks = [asyncio.create_task(each) for each in work]
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    ways = {"socket": str(path), "address": door.address if door else ""}
    names = [model["name"] for model in app.state()["models"]]
    run.emit("serving", state="running", models=names, pid=os.getpid(), **ways)
    await _watch(run, app, serving, tasks)
    stop()
    server.should_exit = True
    await asyncio.gather(serving, *([door.close()] if door else []))
    for task in tasks:
        task.cancel()
    leave(path, inode)


def _server(app: AsgiApp) -> QuietServer:
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=LEAVE_WITHIN_S,
        timeout_keep_alive=KEEP_ALIVE_S,
    )
    return QuietServer(config)


async def _warm(run: RunDir, shelf: ModelCache) -> None:
    """Load models ahead of their first question, as far as they fit."""
    for name in shelf.known:
        try:
            await shelf.release(await shelf.take(name))
        except RequestRefused as refusal:
            run.emit("log", level="warning", message=refusal.message)
        except Exception:
            # Damaged weights, say: other models are served on.
            logger.exception("%s is not ready.", name)
            run.emit("log", level="warning", message=f"{name} could not be loaded; the engine's log says why.")
    run.emit("serving", state="loaded", models=[name for name in shelf.known if shelf.is_loaded(name)])


async def _watch(run: RunDir, app: App, serving: asyncio.Task[None], tasks: list[asyncio.Task[None]]) -> None:
    """Check for a stop and report figures; wakes twice a second."""
    reported, waited_s, steady_at_s = -1, REPORT_EVERY_S, time.monotonic() + STEADY_AFTER_S
    while not run.stop_requested and not serving.done():
        for task in tasks:
            if task.done():
                task.result()
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


def listen(path: Path) -> socket.socket:
    """Listen at a path in a private folder; an earlier listener keeps its connections and gets no new ones.

    Raises:
        ValueError: The path is longer than the system takes.
        PermissionError: The folder belongs to another user.
    """
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise ValueError(f"the socket's path is longer than {LONGEST_PATH} bytes: {path}")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.parent.stat().st_uid != os.getuid():
        raise PermissionError(f"the folder {path.parent} belongs to another user")
    path.parent.chmod(0o700)
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(scratch))
    scratch.chmod(0o600)
    listener.listen(BACKLOG)
    scratch.replace(path)
    return listener


def leave(path: Path, inode: int) -> None:
    """Remove the address, unless a later engine listens there now."""
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_ino == inode:
            path.unlink()


if __name__ == "__main__":
    torch.set_grad_enabled(mode=False)
    end_process(main(RunDir.open(Path(sys.argv[1]))))
