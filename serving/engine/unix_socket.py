"""A unix socket for its owner alone, taken over from an engine that went before. Plain Python."""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path

# The address of a unix socket holds 108 bytes on Linux, 104 on macOS.
LONGEST_PATH = 100
BACKLOG = 512


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
