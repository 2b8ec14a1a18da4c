"""Run the lines of a Procfile together: start again what ends by itself, and stop all at a signal."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

from web.process import forked as forking
from web.process.forked import ForkedProcess
from web.process.parent import end_with_parent

# Who stays up for so long has come up well; who ends sooner so often in a row never will.
HEALTHY_AFTER_S = 10.0
GIVE_UP_AFTER = 5
# The pause before a process is started again doubles from this one, with each end in a row, up to a most.
FIRST_PAUSE_S = 1.0
MOST_PAUSE_S = 30.0
# Who has not heeded a polite request by then is killed: a worker gives its engines eight seconds to save.
STOP_WITHIN_S = 10.0
POLL_S = 0.1
LATER_S = 3.0
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(slots=True)
class ManagedProcess:
    """One line, and the process that runs it now.

    Attributes:
        failures: Ends in a row, each soon after its start.
        due: When it is to be started, on the monotonic clock, if it does not run.
    """

    name: str
    line: str
    process: subprocess.Popen[bytes] | ForkedProcess | None = None
    started: float = 0.0
    failures: int = 0
    due: float = 0.0


class ProcfileRunner:
    """Processes that run until all are to stop.

    Args:
        lines: Shell lines by name.
        later: Names of those that nobody waits for: they start when the others have had the processors for a while.
        forked: Names of those that are forked from this process where that is safe. Started again, they begin from
            nothing.
        before_fork: Called once the others have been started, to import what the forked ones begin with.
        when_started: Called when all but the later ones have been started; it may begin threads.
        environment: Of all of them.
        tell: Called with a name and a line of output, from several threads; the name is empty for this program's own.
        give_up_after: Ends in a row, each soon after its start, that stop all; None tries for ever, for a site that
            stays up without the part that fails.
    """

    def __init__(
        self,
        lines: Mapping[str, str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        tell: Callable[[str, bytes], None],
        later: Collection[str] = (),
        forked: Collection[str] = (),
        before_fork: Callable[[], None] = lambda: None,
        when_started: Callable[[], None] = lambda: None,
        give_up_after: int | None = GIVE_UP_AFTER,
    ) -> None:
        self._children = [ManagedProcess(name, line) for name, line in lines.items()]
        self._environment, self._folder, self._tell = dict(environment), folder, tell
        self._later, self._forked = later, forked
        self._before_fork, self._when_started = before_fork, when_started
        self._give_up_after = give_up_after
        self._stop = threading.Event()
        self._status = 0

    def run(self) -> int:
        """Stay until a signal asks to stop, or a process cannot be kept up; call it in the main thread.

        Returns:
            0 after a signal, else the exit status of the process that could not be kept up.
        """
        with self._heeding():
            try:
                self._start_first()
                while not self._stop.is_set():
                    for child in self._children:
                        self._look_at(child)
                    self._stop.wait(POLL_S)
            finally:
                self._end_all()
        return self._status

    def _start_first(self) -> None:
        """Start all but the later ones; no thread begins before the last of them is forked."""
        due = [child for child in self._children if child.name not in self._later]
        fork = [child for child in due if child.name in self._forked]
        for child in due:
            if child not in fork:
                child.process = self._spawn(child.line)
        if fork:
            self._before_fork()
        if self._stop.is_set():
            return
        for child in fork:
            child.process = self._fork(child.line) if forking.is_safe() else self._spawn(child.line)
        for child in self._children:
            if child in due:
                self._welcome(child)
            else:
                child.due = time.monotonic() + LATER_S
        self._when_started()

    def _look_at(self, child: ManagedProcess) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.due:
                child.process = self._spawn(child.line)
                self._welcome(child)
            return
        has_lived = now - child.started >= HEALTHY_AFTER_S
        status = child.process.poll()
        if status is None:
            child.failures = 0 if has_lived else child.failures
            return
        child.process = None
        child.failures = 1 if has_lived else child.failures + 1
        if self._give_up_after is not None and child.failures >= self._give_up_after:
            self._say(f"{child.name} ended with {status}, {child.failures} times in a row; all are stopped")
            self._status = status if status > 0 else 1
            self._stop.set()
            return
        # The exponent is held, or a number of a night's failures would not fit a float.
        pause = min(FIRST_PAUSE_S * 2 ** min(child.failures - 1, 16), MOST_PAUSE_S)
        child.due = now + pause
        self._say(f"{child.name} ended with {status}; it is started again in {pause:g} s")

    def _spawn(self, line: str) -> subprocess.Popen[bytes]:
        # `exec` leaves no shell between us and the process; a session of its own keeps the terminal's Ctrl-C from it.
        return subprocess.Popen(
            ["/bin/sh", "-c", f"exec {line}"],
            cwd=self._folder,
            env=self._environment,
            start_new_session=True,
            # A supervisor that is killed stops nobody, and who went on would keep the port.
            preexec_fn=_end_with_supervisor,  # It calls one function of the system, and takes no lock.
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def _fork(self, line: str) -> ForkedProcess:
        outputs = [child.process.stdout for child in self._children if child.process and child.process.stdout]
        return ForkedProcess(line, environment=self._environment, folder=self._folder, unwanted=outputs)

    def _welcome(self, child: ManagedProcess) -> None:
        assert child.process
        assert child.process.stdout
        child.started = time.monotonic()
        threading.Thread(target=self._pass_on, args=(child.name, child.process.stdout), daemon=True).start()
        self._say(f"{child.name} started (pid={child.process.pid})")

    def _pass_on(self, name: str, output: IO[bytes]) -> None:
        with output:
            for line in output:
                # A full disk takes no lines: the process is still listened to, or it would end of a broken pipe.
                with suppress(OSError):
                    self._tell(name, line)

    def _end_all(self) -> None:
        running = [child.process for child in self._children if child.process is not None]
        for process in running:
            _send(process, signal.SIGTERM)
        deadline = time.monotonic() + STOP_WITHIN_S
        while time.monotonic() < deadline and any(process.poll() is None for process in running):
            time.sleep(0.05)
        for process in running:
            if process.poll() is None:
                _send(process, signal.SIGKILL)
            process.wait()

    @contextmanager
    def _heeding(self) -> Iterator[None]:
        def heed(number: int, _: FrameType | None) -> None:
            self._stop.set()

        before = {number: signal.signal(number, heed) for number in STOPPING}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _say(self, words: str) -> None:
        self._tell("", words.encode())


def _end_with_supervisor() -> None:
    end_with_parent(signal.SIGTERM)


def _send(process: subprocess.Popen[bytes] | ForkedProcess, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
