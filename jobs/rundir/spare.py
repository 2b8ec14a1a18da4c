"""`python -m jobs.rundir.spare MODULE`: an engine's program with all it imports, waiting for a run directory.

Importing torch and its family takes seconds, too long to wait for after a crash. Says `ready` on its output,
reads one path and the fields of its lines of the log from its input, and is then the engine `python -m MODULE PATH`
would be. Ends when its input does.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import runpy
import sys
from pathlib import Path
from typing import Final

from jobs.rundir.attempt import LOG
from web.logs import context

READY: Final = b"ready\n"


def main(module: str) -> int:
    """Import, wait, and become the engine; returns its exit status, or 0 if no engine was wanted."""
    # Whoever takes this process may do so, and close the pipe, before the import is over; what that prints is not
    # READY.
    output = os.dup(1)
    _write_to(os.open(os.devnull, os.O_WRONLY), 1)
    if hasattr(importlib.import_module(module), "__path__"):
        importlib.import_module(f"{module}.__main__")
    with contextlib.suppress(BrokenPipeError):
        os.write(output, READY)
    os.close(output)
    path = sys.stdin.readline().strip()
    if not path:
        return 0
    context.inherit(sys.stdin.readline())
    _write_to(os.open(Path(path) / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644), 1, 2)
    sys.argv = [module, path]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    return 0


def _write_to(file: int, *descriptors: int) -> None:
    """Let standard output or errors go to an open file, which is closed under its own number."""
    for descriptor in descriptors:
        os.dup2(file, descriptor)
    os.close(file)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
