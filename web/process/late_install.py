"""Packages that are installed while the site runs already: what tuning and serving need, and the web server does not.

`python -m web.process.late_install COMMAND...` runs the command that installs them and keeps a record of it in the
Python environment; every process of that environment reads the record. Where none is, nothing is being installed.
Standard library only.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

RECORD, LOG = "late-install.json", "late-install.log"
# Without it no engine of tuning, evaluation or serving begins; it is the last of them that a new environment lacks.
NEEDED = ("torch", "transformers", "peft")
# From the package index to a CPU build of torch on a common line.
USUAL_S = 90.0
# A look at the record costs a system call or two, and every page takes one.
LOOK_EVERY_S = 1.0
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class LateInstall:
    """The record of an install.

    Attributes:
        state: `installing`, `failed` or `done`.
        began_at: Seconds since 1970.
        pid: Of the process that installs.
        command: Repeats it.
        reason: Why it failed; the last line that it wrote.
        started: When that process started, by the kernel: after a restart another may have its number.
    """

    state: str
    began_at: float
    pid: int
    command: str
    reason: str = ""
    started: str = ""

    @property
    def left_s(self) -> int:
        """Seconds it usually still takes, in tens; 0 where it takes longer than usual."""
        return max(0, round((self.began_at + USUAL_S - time.time()) / 10) * 10)

    def __str__(self) -> str:
        if self.state == "failed":
            return (
                f"What training and serving need could not be installed: {self.reason} Repeat it with: {self.command}"
            )
        left = f"about {self.left_s} s left" if self.left_s else "it takes longer than usual"
        return f"What training and serving need is being installed, {left}."


def record_path() -> Path:
    return Path(sys.prefix) / RECORD


def pending() -> LateInstall | None:
    """Return the install that engines wait for, under way or failed; None where they may begin.

    An engine that was there before, as when only a new version is installed, waits for nothing.
    """
    return _read_lately(int(time.monotonic() / LOOK_EVERY_S))


@lru_cache(maxsize=1)
def _read_lately(look: int) -> LateInstall | None:
    return _read()


def _read() -> LateInstall | None:
    try:
        install = LateInstall(**json.loads(record_path().read_text()))
    except (OSError, ValueError, TypeError):
        return None
    if install.state == "installing" and not _is_alive(install):
        install = LateInstall("failed", install.began_at, 0, install.command, "it was stopped.")
    if install.state == "done" or (install.state == "failed" and not lacking()):
        return None
    return install


def without_torch() -> str:
    """Return what a start says where torch is neither installed nor on its way; empty otherwise."""
    if find_spec("torch") is not None or pending():
        return ""
    return (
        "  Without torch, tuning, evaluation and serving do not work here; all else does. "
        "To get it: make torch, or pip install 'miniatures[training]'.\n"
    )


def lacking() -> list[str]:
    """Return the packages that engines need and this environment does not have."""
    return [name for name in NEEDED if find_spec(name) is None]


def run(command: list[str]) -> int:
    """Install, unless another process does already; returns the exit status."""
    before = _read()
    if before is not None and before.state == "installing":
        return 0
    if not lacking():
        # An update: engines go on with what they have.
        return subprocess.run(command, check=False).returncode
    began, repeat = time.time(), "make install"
    _write(LateInstall("installing", began, os.getpid(), repeat, started=_started(os.getpid())))
    log = Path(sys.prefix) / LOG
    with log.open("wb") as out:
        status = subprocess.run(command, stdout=out, stderr=out, check=False).returncode
    if status or lacking():
        # Without torch the rest is installed all the same.
        repeat = repeat if status else "make torch"
        reason = f"{_last_line(log)} (all of it in {log}, of {shlex.join(command)})."
        _write(LateInstall("failed", began, 0, repeat, reason))
    else:
        _write(LateInstall("done", began, 0, repeat))
    return status


def _is_alive(install: LateInstall) -> bool:
    with suppress(OSError):
        os.kill(install.pid, 0)
        return not install.started or _started(install.pid) == install.started
    return False


def _started(pid: int) -> str:
    """Return the boot and the moment in it when a process started; empty where there is no /proc."""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[19]}"
    return ""


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()] or lines
    return errors[-1][:LONGEST_REASON] if errors else "it gave no reason"


def _write(install: LateInstall) -> None:
    part = record_path().with_suffix(".part")
    part.write_text(json.dumps(asdict(install)))
    part.replace(record_path())


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
