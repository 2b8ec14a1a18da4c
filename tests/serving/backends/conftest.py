"""A relay over llama.cpp's stand-in or the real server, inside a test's own event loop."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jobs.contracts import SpecEnvelope
from jobs.rundir import RunDir, write_spec
from tests import left_out

with left_out.where_torch_is():
    from serving.backends.contracts import RelaySpec
    from serving.backends.llama.backend import LlamaBackend
    from serving.backends.relay import Relay
    from serving.engine.__main__ import open_scheduler
    from tests.serving import tiny
    from tests.serving.engine.conftest import Zoo, answer, zoo  # noqa: F401 (a fixture)

STAND_IN = Path(__file__).with_name("llama_stand_in.py")


@dataclass(frozen=True)
class Running:
    """A relay at work, with its backend and the folder of its files."""

    relay: Relay
    backend: LlamaBackend
    folder: Path

    async def ask(self, model: str, text: str, **options: Any) -> Any:
        from serving.engine.contracts import GenerateRequest

        asked = {"model": model, "messages": tiny.user(text), "max_tokens": 40, **options}
        return await answer(await self.relay.ask(GenerateRequest.model_validate(asked)))

    def server_of(self, model: str) -> dict[str, Any]:
        """What the relay tells of the server of a model."""
        return next(each for each in self.backend.state()["servers"] if model in each["models"])

    async def until_hung_up(self) -> None:
        """Wait until the stand-in was left within an answer."""
        until_s = time.monotonic() + 30
        while not (self.folder / "files" / "gone").exists():
            assert time.monotonic() < until_s
            await asyncio.sleep(0.05)

    @property
    def questions(self) -> list[dict[str, Any]]:
        """What the stand-in was asked."""
        return [json.loads(line) for line in (self.folder / "files" / "requests.jsonl").read_text().splitlines()]


@pytest.fixture
def stand_in(tmp_path: Path) -> Path:
    """A program like `llama-server`."""
    program = tmp_path / "llama-server"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {STAND_IN} "$@"\n')
    program.chmod(0o755)
    return program


@pytest.fixture
def short_path() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="relay-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def at_work(folder: Path, program: Path, entries: list[Any], **limits: Any) -> AsyncIterator[Running]:
    body = {"socket": str(folder / "e.sock"), "backend": "llama", "device": "cpu", "max_batch": 4, "max_waiting": 8}
    body |= {"options": {"program": str(program), "files": str(folder / "files")}, "max_kv_bytes": 1 << 26, **limits}
    write_spec(folder, SpecEnvelope(job="1", kind="serving", fence=1, lease_s=60, body=body))
    run, spec = RunDir.open(folder), RelaySpec.model_validate(body)
    backend, own = LlamaBackend(run, spec), open_scheduler(run, spec)
    relay = Relay(backend, own, max_batch=spec.max_batch, max_waiting=spec.max_waiting)
    await backend.start()
    writing = asyncio.create_task(own.run())
    await relay.know(entries)
    try:
        yield Running(relay, backend, folder)
    finally:
        relay.stop()
        await writing
        await backend.stop()
        own.compute.shutdown(cancel_futures=True)


@pytest.fixture
def relay(zoo: Zoo, short_path: Path, stand_in: Path) -> Callable[..., Any]:
    """Run a coroutine function over a relay on the stand-in that knows the whole zoo."""

    def run(work: Callable[[Running], Awaitable[Any]], *, entries: list[Any] | None = None, **limits: Any) -> Any:
        async def inside() -> Any:
            async with at_work(short_path, stand_in, entries or zoo.entries, **limits) as running:
                return await asyncio.wait_for(work(running), 60)

        return asyncio.run(inside())

    return run
