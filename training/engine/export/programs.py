"""Programs of llama.cpp that write a file: run to their end, stopped when asked to, their words kept for an error."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import gguf

from jobs.rundir.durable import fsync_file
from training.engine.contracts import Stopped, TrainError

LOOK_EVERY_S: Final = 0.1
LAST_WORDS: Final = 600
_PASSED_ON: Final = ("PATH", "HOME", "LANG", "TMPDIR")


def write(
    target: Path,
    command: Callable[[Path], Sequence[str]],
    *,
    failed: Callable[[str], TrainError],
    should_stop: Callable[[], bool],
    names: set[str] | None = None,
    environment: Mapping[str, str] = {},
) -> None:
    """Have a program write a GGUF file, whole or not at all.

    Args:
        command: Makes the program with its arguments for the file that it is to write.
        failed: Makes an error of the program's last words.
        names: Of the tensors that the file must hold; None for any, but for none.

    Raises:
        Stopped: It was asked to.
        TrainError: The program failed, or wrote something else.
    """
    draft = target.with_name(f".{target.name}.draft")
    try:
        _run(command(draft), environment, failed, should_stop)
        written = tensor_names(draft)
        if not written or names not in (None, written):
            raise failed("the file it wrote has other tensors, or cannot be read")
        fsync_file(draft)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def tensor_names(file: Path) -> set[str]:
    """Return the names of a file's tensors; none where it is no GGUF."""
    try:
        return {tensor.name for tensor in gguf.GGUFReader(file).tensors}
    except (OSError, ValueError, IndexError):
        return set()


def _run(
    command: Sequence[str],
    environment: Mapping[str, str],
    failed: Callable[[str], TrainError],
    should_stop: Callable[[], bool],
) -> None:
    # Its libraries may lie beside it.
    libraries = [str(Path(command[0]).resolve().parent), *filter(None, [os.environ.get("LD_LIBRARY_PATH")])]
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    passed |= {"LD_LIBRARY_PATH": os.pathsep.join(libraries), **environment}
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, env=passed, stdout=log, stderr=log)
        while process.poll() is None:
            if should_stop():
                process.kill()
                process.wait()
                raise Stopped
            time.sleep(LOOK_EVERY_S)
        if process.returncode:
            log.seek(0)
            raise failed(log.read().decode("utf-8", "replace")[-LAST_WORDS:].strip())
