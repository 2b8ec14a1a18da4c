"""Undo the steps of a failed restore."""

from __future__ import annotations

import logging
from collections.abc import Callable

from web.process.soft_end import no_end

logger = logging.getLogger(__name__)


class Rollback:
    """A pile of steps; `run` takes them from the newest to the oldest."""

    def __init__(self) -> None:
        self._steps: list[tuple[str, Callable[[], object]]] = []

    def add(self, what: str, step: Callable[[], object]) -> None:
        """Remember how to take back what is done next.

        Args:
            what: Named to the admin if the step fails, such as "the folder /var/lib/miniatures/artefacts".
            step: Must do no harm when the work it takes back was never done.
        """
        self._steps.append((what, step))

    @no_end()
    def run(self) -> list[str]:
        """Take every step, the later ones also when one fails; whoever asks the process to end meanwhile is not heeded.

        Returns:
            What could not be taken back.
        """
        failed: list[str] = []
        while self._steps:
            what, step = self._steps.pop()
            try:
                step()
            except Exception:
                logger.exception("Taking back %s failed.", what)
                failed.append(what)
        return failed
