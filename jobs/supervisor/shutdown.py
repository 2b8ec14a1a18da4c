"""Shutdown flag of this worker, which a thread can wait for. Knows nothing of the reason."""

from __future__ import annotations

import os
import threading


class Shutdown:
    """A flag with a file descriptor, so that one `poll` waits for it and for a process at once."""

    def __init__(self) -> None:
        self._begun = threading.Event()
        self.fd, self._write_fd = os.pipe()

    def begin(self) -> None:
        """Raise the flag for good; safe in a signal handler."""
        if not self._begun.is_set():
            self._begun.set()
            os.write(self._write_fd, b".")

    @property
    def has_begun(self) -> bool:
        return self._begun.is_set()

    def wait(self, timeout_s: float) -> bool:
        return self._begun.wait(timeout_s)


SHUTDOWN = Shutdown()
