"""Files and functions of the product that are entered while something runs, in this process and in engines it starts.

A function counts when it is called, and its file with it; an import alone enters neither. Lambdas and generator
expressions count too, and before Python 3.12 comprehensions: compare runs of one version.
"""

from __future__ import annotations

import stat
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = tuple(
    f"{folder}/"
    for folder in ROOT.iterdir()
    if (folder / "__init__.py").exists() and folder.name not in ("tests", "benchmarks")
)
# Starts the module that an engine's command names, counts what it enters, and writes that down when the process ends.
PROGRAM = """#!{python}
import atexit, os, pathlib, runpy, sys
sys.path[:0] = ["", {root!r}]
from benchmarks.house.traces import Trace
trace = Trace()
atexit.register(lambda: pathlib.Path({folder!r}, str(os.getpid())).write_text("\\n".join(sorted(trace.functions))))
module, sys.argv = sys.argv[2], sys.argv[2:]
trace.begin()
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""


class Trace:
    """Product functions that were called, as `path:line name`."""

    def __init__(self) -> None:
        self.functions: set[str] = set()

    def begin(self) -> None:
        threading.setprofile(self.note)
        sys.setprofile(self.note)

    def end(self) -> None:
        sys.setprofile(None)
        threading.setprofile(None)

    def note(self, frame: FrameType, event: str, _argument: object) -> None:
        code = frame.f_code
        # Bodies of modules and classes run when they are imported; only those of functions are optimized.
        is_function = code.co_flags & CO_OPTIMIZED
        if event == "call" and is_function and code.co_filename.startswith(PRODUCT):
            path = code.co_filename.removeprefix(f"{ROOT}/")
            self.functions.add(f"{path}:{code.co_firstlineno} {code.co_name}")


def traced(act: Callable[[], object]) -> set[str]:
    """Run an act and return the functions that this process entered."""
    trace = Trace()
    trace.begin()
    try:
        act()
    finally:
        trace.end()
    return trace.functions


@contextmanager
def engines_traced(folder: Path) -> Iterator[None]:
    """Trace every engine that is started meanwhile; each writes its functions to a file of `folder`."""
    folder.mkdir()
    program, python = folder.with_suffix(".py"), sys.executable
    program.write_text(PROGRAM.format(python=python, root=str(ROOT), folder=str(folder)))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    sys.executable = str(program)
    try:
        yield
    finally:
        sys.executable = python


def size(functions: set[str]) -> dict[str, int]:
    """Count files and functions."""
    return {"files": len({line.partition(":")[0] for line in functions}), "functions": len(functions)}
