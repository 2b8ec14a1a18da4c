"""A Python program as a process forked from this one: it begins with everything that is imported here.

For programs that begin on the same imports, which then cost once and share their memory. This process may have no other
thread meanwhile, since a lock that one of them holds would stay shut in the child for good.
"""

from __future__ import annotations

import atexit
import os
import runpy
import shlex
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Template
from typing import IO, NoReturn

from web.process.parent import end_with_parent

RESET = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def is_safe() -> bool:
    """Return whether this process may fork: on Linux, with one thread, libraries' counted too, and without torch."""
    return sys.platform == "linux" and len(list(Path("/proc/self/task").iterdir())) == 1 and "torch" not in sys.modules


class ForkedProcess:
    """A running program; what of `subprocess.Popen` its owner needs.

    Args:
        line: A shell line `python -m MODULE WORD...`; `${NAME}` in a word is taken from the environment.
        environment: Of the program, with what settings are already read from.
        folder: It runs in.
        unwanted: Files of this process that the program does not keep open.
    """

    def __init__(
        self, line: str, *, environment: Mapping[str, str], folder: Path, unwanted: Iterable[IO[bytes]] = ()
    ) -> None:
        words = [Template(word).safe_substitute(environment) for word in shlex.split(line)]
        if words[:2] != ["python", "-m"]:
            raise ValueError(f"Only a line that begins with python -m can be forked: {line}")
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        read_fd, write_fd = os.pipe()
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            _become(words[2:], write_fd, environment, folder, unwanted)
        os.close(write_fd)
        self.stdout = os.fdopen(read_fd, "rb")
        # Its first act. A signal to its group would find nobody before.
        while os.getsid(self.pid) != self.pid:
            time.sleep(0.001)

    def poll(self) -> int | None:
        """Return how it ended, or nothing while it runs."""
        return self._reap(os.WNOHANG)

    def wait(self) -> int:
        """Wait for its end; returns how it ended, the negative number of a signal that killed it."""
        status = self._reap(0)
        assert status is not None
        return status

    def _reap(self, options: int) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, options)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode


def _become(
    words: list[str], output_fd: int, environment: Mapping[str, str], folder: Path, unwanted: Iterable[IO[bytes]]
) -> NoReturn:
    """In the child: run the module as `python -m` does, and leave as the interpreter would."""
    os.setsid()
    end_with_parent(signal.SIGTERM)
    for number in RESET:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    status = 1
    try:
        _redirect(output_fd)
        for file in unwanted:
            file.close()
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        sys.argv = list(words)
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    # What the interpreter does at its end, without going back into the code of the parent.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status)


def _redirect(output_fd: int) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, number in ((nothing, 0), (output_fd, 1), (output_fd, 2)):
        os.dup2(source, number)
    for number in (nothing, output_fd):
        os.close(number)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(write_through=True)  # type: ignore[union-attr]
