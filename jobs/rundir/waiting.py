"""`python -m jobs.rundir.waiting MODULE`: an engine's program with all it imports, waiting for a run directory.

Importing torch and its family costs seconds, which nobody wants to wait for after a crash. Says `ready` on its output,
reads one path from its input, and is then the engine `python -m MODULE PATH` would be. Ends when its input does.
"""

from __future__ import annotations

import importlib
import os
import runpy
import sys
from pathlib import Path
from typing import Final

from jobs.rundir.attempt import LOG

READY: Final = b"ready\n"


def main(module: str) -> int:
    """Import, wait, and become the engine; returns its exit status, or 0 where nobody wanted one."""
    if hasattr(importlib.import_module(module), "__path__"):
        importlib.import_module(f"{module}.__main__")
    os.write(1, READY)
    path = sys.stdin.readline().strip()
    if not path:
        return 0
    log = os.open(Path(path) / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for descriptor in (1, 2):
        os.dup2(log, descriptor)
    os.close(log)
    sys.argv = [module, path]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
