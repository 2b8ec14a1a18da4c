"""Make miniatures ready on vLLM, read answers from it, and take adapters away.

A fully tuned miniature is a base of its own. Classifiers, encoder–decoders and adapters of a kind that vLLM does not
know are left to our own engine. All of it belongs to the event loop; files are read in threads.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from jobs.rundir import RunDir
from serving.backends.contracts import (
    BackendName,
    Ending,
    NotServableError,
    Piece,
    Question,
    ReadyModel,
    RelaySpec,
    ServerLostError,
)
from serving.backends.event_lines import lines
from serving.backends.vllm import options, wire
from serving.backends.vllm.options import VllmOptions
from serving.backends.vllm.server import BASE, error_of
from serving.backends.vllm.servers import ServerRules, Servers, Slot, Target
from serving.engine import memory
from serving.engine.contracts import ModelEntry, fingerprint_of
from serving.engine.errors import RequestRefused
from training.engine.classifier.loading import has_heads
from training.engine.contracts import HUB_TOKEN, TrainError
from training.engine.model import generate
from training.engine.model.placement import place

BAD_REQUEST: Final = 400


@dataclass(frozen=True)
class _Ready:
    """A miniature that can be asked: its server, its name there, and what the relay is told."""

    slot: Slot
    adapter: str
    model: ReadyModel


class VllmBackend:
    """Implements `contracts.Backend`."""

    name: BackendName = "vllm"
    unsupported: frozenset[str] = frozenset()

    def __init__(self, run: RunDir, spec: RelaySpec) -> None:
        self._options = VllmOptions.model_validate(spec.options)
        self._placement = place(spec.device, "auto", "lora")
        bounds = memory.limits(self._placement.device, weights=spec.max_weights_bytes, kv=spec.max_kv_bytes)
        self._max_weights_bytes, self._rows = bounds.weights // self._options.servers, spec.max_batch
        rules = ServerRules(
            options=self._options,
            sockets=Path(spec.socket).parent,
            logs=run.path,
            device="cuda" if self._placement.device.type == "cuda" else "cpu",
            rows=spec.max_batch,
            kv_bytes=spec.max_kv_bytes,
            token=run.secrets().get(HUB_TOKEN),
            allowed_roots=tuple(spec.allowed_roots),
        )
        self._servers = Servers(rules, self._forget)
        self._known: set[str] = set()
        # By the hash of a miniature's files.
        self._ready: dict[str, _Ready] = {}
        self._users: Counter[str] = Counter()
        # What each miniature's server is started on.
        self._keys: dict[str, str] = {}

    async def start(self) -> None:
        """Begin with no server: the first miniature that is made ready starts one."""

    async def stop(self) -> None:
        await self._servers.stop()

    async def know(self, entries: list[ModelEntry]) -> None:
        self._known = {entry.manifest_sha256 for entry in entries}
        for manifest in list(self._ready):
            await self._leave(manifest)
        # A server may still be starting for a miniature that is served no longer.
        self._keys = {manifest: key for manifest, key in self._keys.items() if manifest in self._known}
        needed = {*self._keys.values(), *(ready.slot.target.key for ready in self._ready.values())}
        for slot in [slot for slot in self._servers.slots.values() if slot.target.key not in needed]:
            await self._servers.close(slot)

    async def prepare(self, entry: ModelEntry) -> ReadyModel:
        if self.is_ready(entry):
            return self._ready[entry.manifest_sha256].model
        try:
            return (await self._made_ready(entry)).model
        except TrainError as error:
            message = f"'{entry.name}' cannot be loaded: {error.message}. {error.hint}".strip()
            raise RequestRefused(503, error.code, message) from None
        except ServerLostError as error:
            message = f"The vLLM server of '{entry.name}' ended. Try again."
            raise RequestRefused(503, "engine_lost", message, retry_after_s=5) from error

    def is_ready(self, entry: ModelEntry) -> bool:
        ready = self._ready.get(entry.manifest_sha256)
        return ready is not None and ready.slot.server.is_running

    async def ask(self, question: Question) -> AsyncGenerator[Piece | Ending, None]:
        manifest = question.entry.manifest_sha256
        ready = self._ready.get(manifest)
        if ready is None:
            raise ServerLostError("The server ended before the question reached it.")
        self._users[manifest] += 1
        try:
            async for news in _answer(ready, question):
                yield news
        finally:
            self._users[manifest] -= 1
            await self._leave(manifest)

    def state(self) -> dict[str, Any]:
        slots = list(self._servers.slots.values())
        return {
            "weights_bytes": sum(slot.student.bytes for slot in slots if slot.server.is_running),
            "max_weights_bytes": self._max_weights_bytes,
            "bytes_per_weight": self._placement.weights.itemsize,
            "max_rank": self._options.rank,
            "servers": [
                {
                    "version": slot.server.version,
                    "pid": slot.server.pid,
                    "is_up": slot.start.done() and slot.server.is_running,
                    "adapters": len(slot.server.adapters),
                }
                for slot in slots
            ],
        }

    async def _made_ready(self, entry: ModelEntry) -> _Ready:
        target = await asyncio.to_thread(self._target, entry)
        self._keys[entry.manifest_sha256] = target.key
        slot = await self._servers.running(target)
        adapter = BASE
        if target.takes_adapters:
            adapter = entry.manifest_sha256[:32]
            await slot.server.load(adapter, entry.artefact)
        lengths = [length for length in (slot.student.context_length, slot.server.context_length) if length]
        model = ReadyModel(
            fingerprint=self._fingerprint(entry, slot.server.version),
            chat=await asyncio.to_thread(slot.student.chat_of, target.ref),
            context_length=min(lengths, default=None),
            vocabulary=slot.student.vocabulary,
            rows=self._rows,
            no_repeat_ngram=generate.sampling_for(entry.task).no_repeat_ngram,
        )
        self._ready[entry.manifest_sha256] = ready = _Ready(slot, adapter, model)
        return ready

    def _target(self, entry: ModelEntry) -> Target:
        """Return the model that a miniature's server is started on.

        Raises:
            NotServableError: vLLM does not serve such miniatures.
            TrainError: It has no base.
        """
        artefact = entry.artefact
        if has_heads(artefact):
            raise NotServableError("It is a classifier.")
        ref, _ = entry.source(())
        if entry.method == "full":
            return Target(f"full {entry.manifest_sha256}", ref, takes_adapters=False)
        config = json.loads((artefact / "adapter_config.json").read_text())
        if reason := options.why_not(config, rank=self._options.rank):
            raise NotServableError(reason)
        return Target(f"base {ref.model_dump_json(exclude={'ways'})}", ref, takes_adapters=True)

    def _forget(self, slot: Slot) -> None:
        """A server has ended: its miniatures are made ready again by their next question."""
        self._ready = {manifest: ready for manifest, ready in self._ready.items() if ready.slot is not slot}

    async def _leave(self, manifest: str) -> None:
        """Let a miniature go that is served no longer and writes nothing, and its server with the last one on it."""
        ready = self._ready.get(manifest)
        if ready is None or self._users[manifest] or manifest in self._known:
            return
        del self._ready[manifest]
        if any(other.slot is ready.slot for other in self._ready.values()):
            await ready.slot.server.unload(ready.adapter)
        else:
            await self._servers.close(ready.slot)

    def _fingerprint(self, entry: ModelEntry, version: str) -> str:
        base = entry.base.model_dump_json() if entry.base else ""
        formats = (str(self._placement.device), str(self._placement.weights))
        return fingerprint_of(entry.manifest_sha256, base, entry.ways.model_dump_json(), *formats, "vllm", version)


async def _answer(ready: _Ready, question: Question) -> AsyncGenerator[Piece | Ending, None]:
    body = wire.body_of(question, model=ready.adapter)
    try:
        async with ready.slot.server.client.stream("POST", "/v1/completions", json=body) as response:
            if response.status_code != 200:
                await response.aread()
                raise _refusal(response)
            async for line in lines(response.aiter_bytes()):
                for news in wire.read_event(line, top=question.request.top_logprobs):
                    yield news
                    if isinstance(news, Ending):
                        return
    except (httpx.HTTPError, RuntimeError) as error:
        raise ServerLostError(str(error)) from error
    raise ServerLostError("vLLM hung up before the answer was whole.")


def _refusal(response: httpx.Response) -> Exception:
    """Return what a refusal means; a server that has lost its adapter or its engine is asked once more."""
    if response.status_code == BAD_REQUEST:
        return wire.refused(error_of(response))
    return ServerLostError(error_of(response))
