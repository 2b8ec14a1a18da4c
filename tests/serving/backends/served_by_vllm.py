"""The backend `vllm` over a stand-in of its server, with what tests ask of it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from jobs.contracts import SpecEnvelope
from jobs.rundir import RunDir, write_spec
from serving.backends.contracts import Ending, Piece, Question, RelaySpec
from serving.backends.vllm import servers
from serving.backends.vllm.backend import VllmBackend
from serving.engine.contracts import GenerateRequest, ModelEntry
from tests.serving import tiny
from tests.serving.conftest import Folders

STAND_IN = Path(__file__).with_name("vllm_stand_in.py")
T = TypeVar("T")
Work = Callable[[VllmBackend], Awaitable[T]]


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """What the backend takes for a Python that has vLLM."""
    script = tmp_path / "python"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} {STAND_IN} "$@"\n')
    script.chmod(0o755)
    return script


@pytest.fixture
def serve(
    python: Path,
    tmp_path: Path,
    short_folder: Path,
    entry: ModelEntry,
    other: ModelEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Any]:
    """Run something with a backend that knows two miniatures, and stop it afterwards."""
    monkeypatch.setattr(servers, "PATIENCE_S", 120.0)

    def run(work: Work[T], *more: ModelEntry, **chosen: Any) -> T:
        folder = tmp_path / "run"
        body = {
            "backend": "vllm",
            "socket": str(short_folder / "e.sock"),
            "max_batch": 8,
            "device": "cpu",
            "options": {"python": str(python), "rank": 8, **chosen},
        }
        write_spec(folder, SpecEnvelope(job="1", kind="serving", fence=1, lease_s=60, body=body))
        run_dir = RunDir.join(folder, reports=False)

        async def with_backend() -> T:
            backend = VllmBackend(run_dir, RelaySpec.model_validate(body))
            await backend.start()
            await backend.know([entry, other, *more])
            try:
                return await work(backend)
            finally:
                await backend.stop()

        return asyncio.run(with_backend())

    return run


@pytest.fixture
def entry(folders: Folders) -> ModelEntry:
    return tiny.adapter_entry("one", folders.one, folders.base)


@pytest.fixture
def other(folders: Folders) -> ModelEntry:
    return tiny.adapter_entry("two", folders.two, folders.base)


async def written(backend: VllmBackend, entry: ModelEntry, **changes: Any) -> tuple[list[int], Ending, list[Piece]]:
    """The tokens of one answer, its end, and its pieces."""
    question = await asked(backend, entry, **changes)
    pieces: list[Piece] = []
    ending: Ending | None = None
    async for news in backend.ask(question):
        if isinstance(news, Ending):
            ending = news
        else:
            pieces.append(news)
    assert ending is not None
    return [token for piece in pieces for token in piece.tokens], ending, pieces


async def asked(
    backend: VllmBackend,
    entry: ModelEntry,
    *,
    limit: int = 12,
    grammar: str | None = None,
    seed: int = 1,
    **fields: Any,
) -> Question:
    ready = await backend.prepare(entry)
    assert ready.chat is not None
    return Question(
        entry=entry,
        ready=ready,
        request=GenerateRequest(model=entry.name, messages=tiny.user("company: Northwind"), **fields),
        prompt=ready.chat.prompt_ids(tiny.user("company: Northwind")),
        limit=limit,
        seed=seed,
        grammar=grammar,
        is_whole=False,
        tells_log_probs=True,
    )  # fmt: skip


async def adapters_of(backend: VllmBackend) -> list[str]:
    (slot,) = backend._servers.slots.values()
    return (await slot.server.client.get("/load")).json()["adapters"]
