"""One `llama-server` as a child process: started on a socket in a private folder, watched, restarted, ended with us."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import logging
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import deque
from pathlib import Path
from typing import Final

from serving.backends.contracts import NotServableError, ServerLostError
from serving.backends.llama import wire
from serving.engine.errors import RequestRefused

logger = logging.getLogger(__name__)
LOOK_EVERY_S, LOOK_WITHIN_S = 0.05, 5.0
# A server that ends sooner after its start cannot load its file or has no memory: it is not started for ever.
SOON_S: Final = 20.0
MOST_SOON: Final = 3
PAUSES_S: Final = (0.0, 0.5, 2.0)
READY_WITHIN_S: Final = 120.0
LEAVE_WITHIN_S: Final = 3.0
_PR_SET_PDEATHSIG: Final = 1
# Opened here: between fork and exec no lock of the loader may be waited for.
_C: Final = ctypes.CDLL(None)
# Of our environment, what a server may see: no secret is among it.
_PASSED_ON: Final = ("PATH", "HOME", "LANG", "TMPDIR", "CUDA_VISIBLE_DEVICES")
UNREACHABLE: Final = RequestRefused(
    503, "not_loadable", "llama-server does not come up; the engine's log says why.", retry_after_s=30
)


class LlamaServer:
    """A server for one file.

    Args:
        program: Path of `llama-server`; its libraries may lie beside it.
        arguments: What it is given beside the socket, which it is started with.
    """

    def __init__(self, program: str, arguments: list[str]) -> None:
        self._program, self._arguments = program, arguments
        # Only we enter it: nobody else reaches the server.
        self._folder = Path(tempfile.mkdtemp(prefix="miniatures-llama-"))
        self.socket = str(self._folder / "server.sock")
        self._last_words: deque[str] = deque(maxlen=20)
        self._up = asyncio.Event()
        self._given_up, self._doubted = asyncio.Event(), asyncio.Event()
        self.starts, self.pid, self.build = 0, 0, ""
        self._keeping = asyncio.create_task(self._keep())

    @property
    def is_up(self) -> bool:
        return self._up.is_set()

    async def ready(self) -> None:
        """Wait until it answers.

        Raises:
            NotServableError: It ended again and again as it loaded, with its last words.
            RequestRefused: 503, it takes longer than one should wait.
        """
        if self._up.is_set():
            return
        waits = [asyncio.create_task(event.wait()) for event in (self._up, self._given_up)]
        done, pending = await asyncio.wait(waits, timeout=READY_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
        for each in pending:
            each.cancel()
        if self._given_up.is_set():
            raise NotServableError(f"llama-server ends as it loads: {self.last_words}")
        if not done:
            raise UNREACHABLE

    def doubt(self) -> None:
        """Note that it hung up on an answer: it is looked at again before it is asked anything else."""
        self._up.clear()
        self._doubted.set()

    @property
    def last_words(self) -> str:
        return " | ".join(list(self._last_words)[-3:]) or "it says nothing"

    async def stop(self) -> None:
        """End it, within seconds."""
        self._keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._keeping
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _keep(self) -> None:
        soon = 0
        while True:
            began = time.monotonic()
            try:
                await self._run()
            except OSError as error:
                self._last_words.append(f"it cannot be started: {error}")
            except Exception as error:
                logger.exception("A llama-server is started again.")
                self._last_words.append(f"it cannot be used: {error!r}")
            # One that answered has loaded: it was killed, or it failed on a question.
            soon = soon + 1 if time.monotonic() - began < SOON_S else 0
            if soon >= MOST_SOON and not self.build:
                self._given_up.set()
                return
            await asyncio.sleep(PAUSES_S[min(soon, len(PAUSES_S) - 1)])

    async def _run(self) -> None:
        """Start it, say when it is up, and wait for its end."""
        Path(self.socket).unlink(missing_ok=True)
        process = await asyncio.create_subprocess_exec(
            self._program,
            *self._arguments,
            "--host",
            self.socket,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env=_environment(self._program),
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )
        self.starts, self.pid = self.starts + 1, process.pid
        listening = asyncio.create_task(self._hear(process))
        ended = asyncio.create_task(process.wait())
        try:
            while not ended.done():
                await self._wait_until_up(process)
                doubted = asyncio.create_task(self._doubted.wait())
                await asyncio.wait([ended, doubted], return_when=asyncio.FIRST_COMPLETED)
                doubted.cancel()
                self._doubted.clear()
        finally:
            self._up.clear()
            await _end(process)
            # Its pipe ends with it, unless a child of its own holds it.
            await asyncio.wait([listening], timeout=1)
            listening.cancel()

    async def _wait_until_up(self, process: asyncio.subprocess.Process) -> None:
        while process.returncode is None:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, ValueError, ServerLostError):
                async with asyncio.timeout(LOOK_WITHIN_S):
                    is_well = await wire.get(self.socket, "/health") is not None
                    properties = await wire.get(self.socket, "/props") if is_well else None
                if properties is not None:
                    self.build = str(json.loads(properties).get("build_info", "unknown"))
                    self._up.set()
                    return
            await asyncio.sleep(LOOK_EVERY_S)

    async def _hear(self, process: asyncio.subprocess.Process) -> None:
        """Keep its last lines in memory: they say why it ended, and questions never reach a disk."""
        assert process.stderr is not None
        with contextlib.suppress(ValueError):
            while line := await process.stderr.readline():
                self._last_words.append(line.decode(errors="replace").strip()[:300])


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), LEAVE_WITHIN_S)
        return
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()


def _environment(program: str) -> dict[str, str]:
    libraries = [str(Path(program).resolve().parent), *filter(None, [os.environ.get("LD_LIBRARY_PATH")])]
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**passed, "LD_LIBRARY_PATH": os.pathsep.join(libraries)}


def _end_with_parent() -> None:
    """Have the kernel end this child when the relay dies, however it does. Linux alone has this."""
    _C.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
