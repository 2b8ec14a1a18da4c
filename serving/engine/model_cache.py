"""The models an engine knows and those it holds: bases once, adapters beside them, whole models until space is needed.

All of it belongs to the event loop; weights are read in a thread, and laid on the compute thread, between tokens.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar, TypeVarTuple

import torch
import transformers

from jobs.rundir.machine import GIB
from serving.engine import classifier_batch, multi_lora
from serving.engine.batch import RunningBatch
from serving.engine.classifier_batch import ClassifierBatch
from serving.engine.contracts import ENGINE_VERSION, ModelEntry, fingerprint_of
from serving.engine.cpu_decoder import SMALL_PARAMETERS, CpuDecoder
from serving.engine.errors import RequestRefused
from serving.engine.memory import gib, kv_bytes_per_token, student_bytes
from serving.engine.multi_lora import AdapterStack
from serving.engine.running_states import bytes_of_a_row
from serving.engine.seq2seq_states import states_of
from training.engine.classifier.loading import LoadedClassifier, has_heads
from training.engine.contracts import StudentRef, TrainError
from training.engine.data.chat import Chat
from training.engine.model import generate, loading
from training.engine.model.loading import LoadedStudent
from training.engine.model.placement import Placement, place
from training.engine.model.unloaded import open_student, require_servable

Args = TypeVarTuple("Args")
R = TypeVar("R")


@dataclass
class LoadedNetwork:
    """Weights in memory with the batch that runs on them."""

    key: str
    student: LoadedStudent | LoadedClassifier
    chat: Chat
    adapters: AdapterStack | CpuDecoder | None
    batch: RunningBatch | ClassifierBatch
    bytes: int
    kv_bytes_per_token: int = 0
    row_bytes: int = 0
    users: int = 0
    used_s: float = field(default_factory=time.monotonic)


@dataclass
class Lease:
    """A miniature that can be asked now."""

    entry: ModelEntry
    network: LoadedNetwork
    slot: int
    no_repeat_ngram: int
    # Networks are shared by miniatures of runs of different days, each with its own day in its prompts.
    chat: Chat
    fingerprint: str
    adapter_bytes: int = 0
    users: int = 0


class ModelCache:
    """Known and loaded models.

    Args:
        compute: The one thread that models compute on.
        token: The hub's, for gated bases.
        allowed_roots: Folders a base may lie in.
    """

    def __init__(
        self,
        compute: Executor,
        *,
        max_weights_bytes: int,
        device: Literal["auto", "cpu", "cuda"] = "auto",
        token: str | None = None,
        allowed_roots: tuple[str, ...] = (),
    ) -> None:
        self._compute, self._limit, self._token, self._roots = compute, max_weights_bytes, token, allowed_roots
        self._placement: Placement = place(device, "auto", "lora")
        self._known: dict[str, ModelEntry] = {}
        self._ready: dict[str, Lease] = {}
        self._networks: dict[str, LoadedNetwork] = {}
        self._loading = asyncio.Lock()
        self._all_threads = torch.get_num_threads()

    @property
    def networks(self) -> list[LoadedNetwork]:
        return list(self._networks.values())

    @property
    def max_weights_bytes(self) -> int:
        return self._limit

    @property
    def bytes_per_weight(self) -> int:
        """Bytes of one weight in the number format that this device is given."""
        return self._placement.weights.itemsize

    @property
    def known(self) -> list[str]:
        return sorted(self._known)

    def is_loaded(self, name: str) -> bool:
        return name in self._ready

    async def know(self, entries: list[ModelEntry]) -> None:
        """Replace the list of models. One that goes answers what it has begun, and then leaves memory."""
        self._known = {entry.name: entry for entry in entries}
        for ready in list(self._ready.values()):
            if self._known.get(ready.entry.name) != ready.entry:
                del self._ready[ready.entry.name]
                if not ready.users:
                    await self._put_away(ready)

    async def take(self, name: str) -> Lease:
        """A model to write with, read into memory if it must be; give it back with `release`.

        Raises:
            Refused: 404, no such model; 503, it cannot be loaded, with the reason.
        """
        ready = self._ready.get(name)
        if ready is None:
            async with self._loading:
                ready = self._ready.get(name) or await self._load(name)
        ready.users += 1
        ready.network.users += 1
        ready.network.used_s = time.monotonic()
        return ready

    async def release(self, ready: Lease) -> None:
        ready.users -= 1
        ready.network.users -= 1
        if not ready.users and self._ready.get(ready.entry.name) is not ready:
            await self._put_away(ready)

    async def _load(self, name: str) -> Lease:
        entry = self._known.get(name)
        if entry is None:
            raise RequestRefused(404, "model_not_found", f"No model '{name}' is served.")
        try:
            ready = await self._read(entry)
        except TrainError as error:
            message = f"'{name}' cannot be loaded: {error.message}. {error.hint}".strip()
            raise RequestRefused(503, error.code, message, retry_after_s=entry.again_s) from None
        except (OSError, RuntimeError, ValueError, TypeError, LookupError, AttributeError, ImportError) as error:
            raise RequestRefused(503, "not_loadable", f"'{name}' cannot be loaded: {error!r}") from error
        # A model withdrawn or promoted again while it loaded answers the requests that waited, then leaves memory.
        if self._known.get(name) == entry:
            self._ready[name] = ready
        return ready

    async def _read(self, entry: ModelEntry) -> Lease:
        artefact = entry.artefact
        if has_heads(artefact):
            network = await self._classifier(entry, artefact)
            return Lease(entry, network, 0, 0, network.chat, self._fingerprint(entry))
        no_repeat = generate.sampling_for(entry.task).no_repeat_ngram
        ref, roots = entry.source(self._roots)
        merged = artefact if entry.method == "lora" and multi_lora.must_be_merged(artefact) else None
        if merged is not None or entry.method == "full":
            key = f"{'merged' if merged else 'full'} {entry.manifest_sha256}"
            async with self._in_use(key, ref, roots=roots, merged=merged) as network:
                return Lease(entry, network, 0, no_repeat, network.chat, self._fingerprint(entry))
        adapter = await asyncio.to_thread(multi_lora.read, artefact)
        key = f"base {ref.model_dump_json(exclude={'ways'})}"
        async with self._in_use(key, ref, roots=roots) as network:
            if network.adapters is None:
                raise TrainError("no_adapters", "this base takes no adapters")
            slot = await self._on_compute(network.adapters.put, adapter)
            network.bytes += adapter.bytes
            chat = await asyncio.to_thread(self._chat, network.chat, ref)
            return Lease(entry, network, slot, no_repeat, chat, self._fingerprint(entry), adapter.bytes)

    def _chat(self, chat: Chat, base: StudentRef) -> Chat:
        """Base's chat as it was when the adapter was tuned."""
        if chat.ways == base.ways:
            return chat
        return loading.chat_of(base, chat, token=self._token, allowed_roots=self._roots)

    def _fingerprint(self, entry: ModelEntry) -> str:
        base = entry.base.model_dump_json() if entry.base else ""
        place, programs = self._placement, (str(ENGINE_VERSION), torch.__version__, transformers.__version__)
        ways, device = entry.ways.model_dump_json(), (str(place.device), str(place.weights))
        return fingerprint_of(entry.manifest_sha256, base, ways, *device, *programs)

    @asynccontextmanager
    async def _in_use(
        self, key: str, ref: StudentRef, *, roots: tuple[str, ...], merged: Path | None = None
    ) -> AsyncIterator[LoadedNetwork]:
        """Count the load under way as a user, so that a lease that ends meanwhile does not unload the network."""
        network = await self._network(key, ref, roots, merged)
        network.users += 1
        try:
            yield network
        finally:
            network.users -= 1

    async def _network(self, key: str, ref: StudentRef, roots: tuple[str, ...], merged: Path | None) -> LoadedNetwork:
        if key in self._networks:
            return self._networks[key]
        await self._make_room(await asyncio.to_thread(student_bytes, ref, self._placement.weights, self._token, roots))
        student = await asyncio.to_thread(self._student, ref, roots, merged)
        states, adapters = await asyncio.to_thread(states_of, student, takes_adapters=key.startswith("base "))
        weights = sum(p.numel() * p.element_size() for p in student.model.parameters())
        if isinstance(adapters, CpuDecoder):
            weights += adapters.bytes
        self._networks[key] = network = LoadedNetwork(
            key, student, student.chat, adapters, RunningBatch(states), weights, kv_bytes_per_token(student.model)
        )
        network.row_bytes = await self._on_compute(bytes_of_a_row, student.model)
        await self._on_compute(torch.set_num_threads, self._threads())
        return network

    async def _classifier(self, entry: ModelEntry, artefact: Path) -> LoadedNetwork:
        """Merge the adapter, so miniatures share no encoder."""
        key, read = f"heads {entry.manifest_sha256}", (entry, artefact, self._placement, self._token, self._roots)
        if key in self._networks:
            return self._networks[key]
        await self._make_room(await asyncio.to_thread(classifier_batch.bytes_to_load, *read))
        batch = await asyncio.to_thread(classifier_batch.load, *read)
        self._networks[key] = network = LoadedNetwork(key, batch.student, batch.chat, None, batch, batch.bytes)
        await self._on_compute(torch.set_num_threads, self._threads())
        return network

    def _threads(self) -> int:
        """One thread for small models, whose products cost more to share than to compute."""
        largest = max(network.student.parameters for network in self.networks)
        return 1 if largest < SMALL_PARAMETERS else self._all_threads

    def _student(self, ref: StudentRef, roots: tuple[str, ...], merged: Path | None) -> LoadedStudent:
        opened = open_student(ref, token=self._token, allowed_roots=roots)
        require_servable(opened)
        student = loading.load_weights(opened, dtype=self._placement.weights)
        if merged is not None:
            student = loading.load_tuned(student, merged)
        student.model.to(self._placement.device)
        return student

    async def _make_room(self, needed: int) -> None:
        """Unload unused networks, the longest unused first, until so many bytes fit."""
        if needed > self._limit:
            raise RequestRefused(
                400,
                "model_too_large",
                f"Its weights of {gib(needed)} do not fit in the limit of {gib(self._limit)} for models on this host. "
                f"Raise SERVING_MAX_WEIGHTS_GIB to {math.ceil(needed / GIB)} where there is memory for it, serve on a "
                "host with more memory, or promote a miniature of a smaller student.",
            )
        idle = sorted((each for each in self.networks if not each.users), key=lambda each: each.used_s)
        while sum(each.bytes for each in self.networks) + needed > self._limit:
            if not idle:
                raise RequestRefused(
                    503,
                    "no_room",
                    f"All models in memory are in use, and {gib(needed)} more do not fit beside them in the limit of "
                    f"{gib(self._limit)}. Try again soon, or raise SERVING_MAX_WEIGHTS_GIB.",
                    retry_after_s=5,
                )
            gone = idle.pop(0)
            del self._networks[gone.key]
            self._ready = {name: ready for name, ready in self._ready.items() if ready.network is not gone}

    async def _put_away(self, ready: Lease) -> None:
        network = ready.network
        if network.adapters is not None and network.key in self._networks:
            await self._on_compute(network.adapters.drop, ready.slot)
            network.bytes -= ready.adapter_bytes
        # Meanwhile room may have been made with this network and its base read again.
        if self._networks.get(network.key) is not network or network.users:
            return
        if not any(other.network is network for other in self._ready.values()):
            del self._networks[network.key]

    async def _on_compute(self, work: Callable[[*Args], R], *args: *Args) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._compute, work, *args)
