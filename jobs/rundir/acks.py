"""Two numbers beside the events: up to which one the engine waits to have them stored, and up to which they are.

For work that must not be done before it is known outside this host. A supervisor that answers lays the second number
down before the engine starts; without it (an engine run by hand) nobody waits.
"""

from __future__ import annotations

import os
from pathlib import Path

ASKED, HEARD = "asked", "heard"


def request_ack(run_dir: Path, seq: int) -> None:
    """Have the supervisor look soon, and say so once the event of this number is stored."""
    _write(run_dir / ASKED, seq)


def acknowledge(run_dir: Path, seq: int) -> None:
    """Say that the events up to this number are stored; one that was told stays told."""
    if (stored_seq := acked_seq(run_dir)) is None or seq > stored_seq:
        _write(run_dir / HEARD, seq)


def acked_seq(run_dir: Path) -> int | None:
    """Return the number of the last event up to which all are stored; None without an answer."""
    return _read(run_dir / HEARD)


def requested_seq(run_dir: Path) -> int | None:
    """Up to which event the engine waits for an answer; None where it does not."""
    seq = _read(run_dir / ASKED)
    return seq if seq is not None and seq > (acked_seq(run_dir) or 0) else None


def is_ack_requested(run_dir: Path) -> bool:
    """Return whether the engine waits for an acknowledgement."""
    return requested_seq(run_dir) is not None


def _write(path: Path, seq: int) -> None:
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.write_text(str(seq))
    scratch.replace(path)


def _read(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (FileNotFoundError, ValueError):
        return None
