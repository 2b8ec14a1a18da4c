"""Servers of the backend `vllm` that are killed, cannot start, or are stopped as they start; on a stand-in."""

from __future__ import annotations

import asyncio
import os
import signal

import psutil
import pytest

from serving.backends.contracts import ServerLostError
from serving.backends.vllm import servers
from serving.engine.errors import RequestRefused
from tests.serving.backends.served_by_vllm import adapters_of, asked, entry, other, python, serve, written

__all__ = ["adapters_of", "asked", "entry", "other", "python", "serve", "written"]
pytestmark = pytest.mark.engine


def test_a_killed_server_loses_what_it_wrote_and_the_next_question_starts_another(serve, entry, monkeypatch):
    monkeypatch.setenv("STAND_IN_PAUSE_S", "0.02")

    async def work(backend):
        answer = backend.ask(await asked(backend, entry, limit=300))
        await anext(answer)
        (slot,) = backend._servers.slots.values()
        os.kill(slot.server._process.pid, signal.SIGKILL)
        with pytest.raises(ServerLostError):
            [news async for news in answer]
        await slot.server.wait()
        return (await written(backend, entry, limit=2))[1], backend._servers.slots[slot.target.key] is not slot

    ending, is_another = serve(work)

    assert (ending.finish, is_another) == ("length", True)


@pytest.mark.slow
def test_processes_that_a_killed_or_stopped_server_leaves_behind_are_ended(serve, entry):
    async def work(backend):
        left = []
        for number in (signal.SIGKILL, signal.SIGTERM):
            await backend.prepare(entry)
            (slot,) = backend._servers.slots.values()
            left += psutil.Process(slot.server.pid).children()
            os.kill(slot.server.pid, number)
            await slot.server.wait()
            async with asyncio.timeout(10):
                while slot in backend._servers.slots.values():
                    await asyncio.sleep(0.01)
        return left

    left = serve(work)

    assert len(left) == 2
    assert psutil.wait_procs(left, timeout=10)[1] == []


def test_a_server_that_cannot_start_says_why_and_is_tried_again(serve, entry, python):
    whole = python.read_text()
    python.write_text("#!/bin/sh\necho '(APIServer pid=1) ERROR 11-27 [core.py:1] RuntimeError: no GPU' >&2\nexit 1\n")

    async def work(backend):
        with pytest.raises(RequestRefused) as refused:
            await backend.prepare(entry)
        python.write_text(whole)
        await asyncio.sleep(0.1)
        return refused.value, await backend.prepare(entry)

    refused, ready = serve(work)

    assert (refused.status, refused.code) == (503, "not_loadable")
    assert "RuntimeError: no GPU" in refused.message
    assert ready.fingerprint.startswith("fp_")


def test_a_question_does_not_wait_minutes_for_a_server_that_is_starting(serve, entry, python, monkeypatch):
    python.write_text("#!/bin/sh\nexec sleep 60\n")
    monkeypatch.setattr(servers, "PATIENCE_S", 0.1)

    async def work(backend):
        with pytest.raises(RequestRefused) as refused:
            await backend.prepare(entry)
        return refused.value

    refused = serve(work)

    assert (refused.status, refused.code, refused.retry_after_s) == (503, "model_loading", 10)


def test_a_server_that_is_starting_for_a_miniature_taken_back_is_stopped(serve, entry, python, monkeypatch):
    python.write_text("#!/bin/sh\nexec sleep 60\n")

    async def work(backend):
        asker = asyncio.create_task(backend.prepare(entry))
        while not backend._servers.slots or not (slot := next(iter(backend._servers.slots.values()))).server.is_running:
            await asyncio.sleep(0.02)
        await backend.know([])
        with pytest.raises(RequestRefused) as refused:
            await asker
        return refused.value.code, slot.server.is_running, backend._servers.slots

    assert serve(work) == ("model_loading", False, {})


def test_a_python_that_is_not_there_is_named(serve, entry, python):
    python.unlink()

    async def work(backend):
        with pytest.raises(RequestRefused) as refused:
            await backend.prepare(entry)
        return refused.value

    refused = serve(work)

    assert (refused.status, refused.code) == (503, "not_loadable")
    assert str(python) in refused.message
