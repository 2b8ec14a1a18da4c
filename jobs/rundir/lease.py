"""The lease file: proof that a supervisor still stands behind an engine.

It holds one number, the machine's clock since boot. Supervisor and engine share that clock, it counts time spent
suspended, and nobody can set it; a file's mtime could jump with the wall clock and stop every engine at once.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

FILE = "lease"


def boot_clock_s() -> float:
    """Seconds since the machine's boot, the same for every process on it."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock)


def touch(run_dir: Path, at_s: float | None = None) -> None:
    """Renew the lease file.

    Args:
        at_s: The boot clock as it stood *before* the row's lease was renewed, so that the engine never believes in a
            lease longer than the row's.
    """
    scratch = run_dir / f".{FILE}.{os.getpid()}"
    scratch.write_text(f"{boot_clock_s() if at_s is None else at_s:.3f}")
    scratch.replace(run_dir / FILE)


def age_s(run_dir: Path) -> float | None:
    """Seconds since the lease was renewed; None where there is no lease file (an engine run by hand)."""
    try:
        return boot_clock_s() - float((run_dir / FILE).read_text())
    except FileNotFoundError:
        return None
    except ValueError:
        return time.time() - (run_dir / FILE).stat().st_mtime
