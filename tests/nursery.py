"""Programs as processes of their own, without paying for their imports each time.

`python -m tests.nursery MODULE...` imports those modules once and then forks a child for each line it reads; the child
is a process like any other: its own id, signals, files and exit status. `Nursery.start` is the side of the tests. Of
each engine at least one test keeps a start by `subprocess`, which shows that the program also begins from nothing.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import importlib.util
import json
import os
import runpy
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

# What all engines that run models import; imported once per process of tests.
MODELS = ("training.engine.__main__", "evaluation.engine.__main__", "serving.backends.__main__")
TEACHERS = ("generation.engine.__main__", "generation.engine.research.__main__", "openai", "anthropic")
SETTINGS = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
ROOT = Path(__file__).parents[1]
LOOK_EVERY_S = 0.01


class Child:
    """A forked process, to be handled like a `subprocess.Popen`."""

    def __init__(self, nursery: Nursery, args: Sequence[str], pid: int) -> None:
        self.args, self.pid = args, pid
        self._nursery = nursery
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self._nursery.ask(poll=self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        deadline = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(list(self.args), timeout or 0)
            time.sleep(LOOK_EVERY_S)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


class Nursery:
    """The process that forks; it ends, and its children with it, when it is closed or the tests end.

    Args:
        modules: What it imports before the first child.
        env: Added to the environment that those modules see.
    """

    def __init__(self, modules: Sequence[str], **env: str) -> None:
        self._lock, self._env = threading.Lock(), {**SETTINGS, **env}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.nursery", *modules],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, **self._env},
        )  # fmt: skip
        atexit.register(self.close)

    def start(
        self, module: str, *args: object, log: Path, nice: int = 0, cwd: Path | None = None,
        environment: Mapping[str, str] | None = None, leads: bool = False, **env: str,
    ) -> Child:  # fmt: skip
        """Run a module as `python -m` would, its output going to a file; `env` adds to the environment, if not of now.

        With `leads` it leads a session of its own, as an engine does.
        """
        words = [str(arg) for arg in args]
        seen = {**os.environ, **self._env} if environment is None else environment
        wanted = {"module": module, "args": words, "log": str(log.absolute()), "nice": nice, "leads": leads}
        pid = self.ask(**wanted, cwd=str(cwd or Path.cwd()), env={**seen, **env})
        assert pid is not None
        return Child(self, [module, *words], pid)

    def ask(self, **question: Any) -> int | None:
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        with self._lock:
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        assert answer, "the nursery is gone"
        return json.loads(answer)  # type: ignore[no-any-return]

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


class Standby:
    """A spare process as the supervisor takes one, but forked when it is to be an engine.

    With `monkeypatch.setattr(SPARE_PROCESSES, "take", Standby)` each engine that a test's supervisor starts is one. It
    finds its secrets in the environment, as one run by hand does.
    """

    process: Child

    def __init__(self, module: str) -> None:
        self._module = module

    def become(self, run_dir: Path, secrets: bytes) -> None:
        """Fork the engine of a run directory."""
        own = TEACHERS if self._module.startswith("generation.") else MODELS
        log = run_dir / "engine.log"
        self.process = nursery(own).start(self._module, run_dir, log=log, leads=True, **json.loads(secrets))


@cache
def nursery(modules: Sequence[str] = MODELS) -> Nursery:
    """The one of this process of tests that has imported these modules."""
    return Nursery(modules)


def serve(modules: Sequence[str]) -> None:
    """Fork a child for each line, or say how one ended: null while it runs."""
    for module in modules:
        importlib.import_module(module)
    # Without threads a fork is safe; frozen, the imports stay shared between parent and children.
    gc.collect()
    gc.freeze()
    children: set[int] = set()
    for line in sys.stdin:
        wanted = json.loads(line)
        if "poll" in wanted:
            told = _ended(wanted["poll"])
            children -= {wanted["poll"]} if told is not None else set()
        else:
            told = os.fork()
            if told == 0:
                _become(wanted)
            children.add(told)
        print(json.dumps(told), flush=True)
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def _ended(child: int) -> int | None:
    pid, status = os.waitpid(child, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if pid else None


def _become(wanted: dict[str, Any]) -> None:
    """In the child: run the module as the main program and leave as the interpreter would."""
    status = 1
    try:
        os.environ.clear()
        os.environ.update(wanted["env"])
        os.chdir(wanted["cwd"])
        os.nice(wanted["nice"])
        if wanted["leads"]:
            os.setsid()
        _redirect(wanted["log"])
        name = wanted["module"] if not _is_package(wanted["module"]) else f"{wanted['module']}.__main__"
        sys.argv = [name, *wanted["args"]]
        sys.modules.pop(name, None)
        runpy.run_module(name, run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        traceback.print_exc()
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _is_package(module: str) -> bool:
    found = importlib.util.find_spec(module)
    return found is not None and found.submodule_search_locations is not None


def _redirect(log: str) -> None:
    for number, path, flags in ((0, os.devnull, os.O_RDONLY), (1, log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)):
        opened = os.open(path, flags, 0o644)
        os.dup2(opened, number)
        os.close(opened)
    os.dup2(1, 2)


if __name__ == "__main__":
    serve(sys.argv[1:])
