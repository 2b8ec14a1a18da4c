"""A scheduler over tiny models, run inside a test's own event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from serving.engine.contracts import GenerateRequest, ModelEntry
from serving.engine.errors import RequestRefused
from tests import left_out

with left_out.where_torch_is():
    from serving.engine.model_cache import ModelCache
    from serving.engine.row import FinishedAnswer, Row
    from serving.engine.scheduler import Scheduler
    from tests.serving import tiny


@dataclass(frozen=True)
class Zoo:
    """Folders of tiny models, and how the engine names them."""

    base: Path
    one: Path
    two: Path
    full: Path
    # Of a family that goes through transformers' own modules.
    gemma: Path

    @property
    def entries(self) -> list[ModelEntry]:
        return [
            tiny.adapter_entry("one", self.one, self.base),
            tiny.adapter_entry("two", self.two, self.base),
            tiny.full_entry("full", self.full),
            tiny.full_entry("gemma", self.gemma),
        ]


@pytest.fixture(scope="session")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Zoo:
    folder = tmp_path_factory.mktemp("zoo")
    return Zoo(
        tiny.make_base(folder / "base"),
        tiny.make_adapter(folder / "one", seed=1),
        tiny.make_adapter(folder / "two", seed=2, rank=8),
        tiny.make_base(folder / "full", "llama"),
        tiny.make_base(folder / "gemma", "gemma"),
    )


@asynccontextmanager
async def running(entries: list[ModelEntry], **limits: Any) -> AsyncIterator[Scheduler]:
    """A scheduler at work."""
    given = {"max_batch": 8, "max_waiting": 8, "max_weights_bytes": 1 << 30, "max_kv_bytes": 1 << 30} | limits
    compute = ThreadPoolExecutor(1)
    shelf = ModelCache(compute, max_weights_bytes=given["max_weights_bytes"], device="cpu")
    await shelf.know(entries)
    scheduler = Scheduler(shelf, compute, given["max_batch"], given["max_waiting"], given["max_kv_bytes"])
    task = asyncio.create_task(scheduler.run())
    try:
        yield scheduler
    finally:
        scheduler.stop()
        await task
        compute.shutdown()


async def answer(row: Row) -> tuple[str, FinishedAnswer]:
    """All of an answer."""
    text = ""
    while isinstance(news := await row.inbox.get(), str):
        text += news
    if isinstance(news, RequestRefused):
        raise news
    return text, news


async def ask(scheduler: Scheduler, model: str, text: str, **options: Any) -> tuple[str, FinishedAnswer]:
    asked = GenerateRequest.model_validate({"model": model, "messages": tiny.user(text), "max_tokens": 30} | options)
    return await answer(await scheduler.ask(asked))


async def counted_until_begun(asking: Awaitable[Any], state: Callable[[], dict[str, Any]]) -> set[int]:
    """Questions that an engine reports, from the asking of one up to the first words of its answer."""
    task, counts = asyncio.ensure_future(asking), set[int]()
    while not task.done() or task.result().inbox.empty():
        await asyncio.sleep(0)
        counts.add(state()["running"] + state()["waiting"])
    return counts


@pytest.fixture
def serve(zoo: Zoo) -> Callable[[Callable[[Scheduler], Awaitable[Any]]], Any]:
    """Run a coroutine function over a scheduler that knows the whole zoo."""

    def run(work: Callable[[Scheduler], Awaitable[Any]], **limits: Any) -> Any:
        async def inside() -> Any:
            async with running(limits.pop("entries", zoo.entries), **limits) as scheduler:
                return await work(scheduler)

        return asyncio.run(inside())

    return run
