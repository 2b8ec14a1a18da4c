"""Where a worker dies: by a count of database statements for each stage,
and when a server that counts has asked for it.

A stage's count goes on over deaths and workers, so the deaths of a stage are spread over what it does and none depends
on a clock: before a statement, between two, after a commit. What a server took is followed by a death before the next
statement.
"""

from __future__ import annotations

import mmap
import os
import signal
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db.backends.signals import connection_created

STAGES = ("research", "verify", "qualify", "write", "check", "approve", "send", "sort", "answer", "stop")
# Of these only half of the deaths come by statements; the others when a mail was taken or a call is on the wire.
OUTSIDE = frozenset(STAGES) - {"approve", "stop"}
_COUNTS = struct.Struct("qqq")


class KillPlan:
    """Counts by stage, in memory that forked processes share: statements begun, deaths, and mails taken.

    Args:
        deaths: How many there are to be, by stage.
        every: Statements of a stage between two deaths: a prime, so that they fall at other places of each act.
        wanted: A file that is there when the next statement is to be the last.
    """

    def __init__(self, deaths: Mapping[str, int], *, every: int, wanted: Path) -> None:
        self.deaths, self.every, self.wanted = dict(deaths), every, wanted
        self._shared = mmap.mmap(-1, _COUNTS.size * len(STAGES))
        self._scope = threading.local()

    def watch(self) -> None:
        """Count the statements of every connection that is opened from here on."""
        connection_created.connect(self._install, weak=False)

    def _install(self, *, connection: Any, **_: Any) -> None:
        if self._before_statement not in connection.execute_wrappers:
            connection.execute_wrappers.append(self._before_statement)

    @contextmanager
    def at(self, stage: str) -> Iterator[None]:
        """Count what this thread does meanwhile for a stage; the innermost counts."""
        outer = self.stage
        self._scope.stage = stage
        try:
            yield
        finally:
            self._scope.stage = outer

    @property
    def stage(self) -> str:
        """The stage that this thread works for now; empty for none."""
        return getattr(self._scope, "stage", "")

    def took_mail(self) -> None:
        """Count a mail that the server took of this stage; after the first, and ever so many more, comes a death."""
        begun, died, mails = self._read(self.stage)
        self._write(self.stage, begun, died, mails + 1)
        if mails % (5 if self.stage == "answer" else 5 * self.every) == 0:
            self.wanted.touch()

    def deaths_by_stage(self) -> dict[str, int]:
        """How many there were."""
        return {stage: self._read(stage)[1] for stage in STAGES}

    def _before_statement(self, execute: Callable[..., Any], *args: Any) -> Any:
        if stage := self.stage:
            begun, died, mails = self._read(stage)
            dies = self._is_due(stage, begun + 1, died)
            self._write(stage, begun + 1, died + dies, mails)
            if dies:
                os.kill(os.getpid(), signal.SIGKILL)
        return execute(*args)

    def _is_due(self, stage: str, begun: int, died: int) -> bool:
        most = self.deaths[stage]
        if self.wanted.exists():
            self.wanted.unlink()
            return died < most
        return begun % self.every == 0 and died < (most // 2 if stage in OUTSIDE else most)

    def _read(self, stage: str) -> tuple[int, int, int]:
        begun, died, mails = _COUNTS.unpack_from(self._shared, STAGES.index(stage) * _COUNTS.size)
        return begun, died, mails

    def _write(self, stage: str, *counts: int) -> None:
        _COUNTS.pack_into(self._shared, STAGES.index(stage) * _COUNTS.size, *counts)
