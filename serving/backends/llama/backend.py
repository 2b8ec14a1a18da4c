"""Backend `llama`: a file and a `llama-server` for each miniature, within the memory of this host."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import torch

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
from serving.backends.llama import files, forgotten, wire
from serving.backends.llama.files import GgufModel
from serving.backends.llama.forgotten import Watch
from serving.backends.llama.process import LlamaServer
from serving.backends.llama.token_bytes import TokenBytes
from serving.engine.contracts import ModelEntry, fingerprint_of
from serving.engine.cpu_decoder import SMALL_PARAMETERS
from serving.engine.errors import RequestRefused
from serving.engine.memory import gib, limits
from training.engine.contracts import HUB_TOKEN
from training.engine.model import generate

logger = logging.getLogger(__name__)
# Bytes of one weight in the files: fp16.
BYTES_PER_WEIGHT: Final = 2
# llama.cpp rounds a context up to so many tokens.
CONTEXT_STEP: Final = 256
LEAST_POOL: Final = 512


@dataclass
class Served:
    """One file with its server. `kv_tokens` is what it was started with; `users` counts answers under way."""

    model: GgufModel
    server: LlamaServer
    rows: int
    kv_tokens: int
    pool_tokens: int | None
    context_length: int
    tokens: TokenBytes
    watch: Watch
    users: int = 0
    used_s: float = field(default_factory=time.monotonic)

    @property
    def kv_bytes(self) -> int:
        return self.kv_tokens * self.model.facts.kv_bytes_per_token

    def complete(self, body: dict[str, Any], *, is_gathered: bool = False) -> AsyncGenerator[Piece | Ending, None]:
        return wire.complete(self.server.socket, body, self.tokens, lines=self.watch.lines, is_gathered=is_gathered)


class LlamaBackend:
    """Servers by file.

    `spec.options` hold `program`, the path of `llama-server`, and `files`, the folder of GGUF files.
    """

    name: BackendName = "llama"
    unsupported: frozenset[str] = frozenset()

    def __init__(self, run: RunDir, spec: RelaySpec) -> None:
        self._program, self._files = str(spec.options["program"]), Path(spec.options["files"])
        self._token, self._roots = run.secrets().get(HUB_TOKEN), tuple(spec.allowed_roots)
        self._bounds = limits(torch.device("cpu"), weights=spec.max_weights_bytes, kv=spec.max_kv_bytes)
        self._max_batch = spec.max_batch
        self._entries: list[ModelEntry] = []
        self._served: dict[str, Served] = {}
        self._loading = asyncio.Lock()

    async def start(self) -> None:
        self._files.mkdir(parents=True, exist_ok=True)
        self._watching = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        self._watching.cancel()
        await asyncio.gather(*(each.server.stop() for each in self._served.values()))

    async def know(self, entries: list[ModelEntry]) -> None:
        self._entries = entries
        files.sweep(self._files, entries)
        await self._drop_unknown()

    async def prepare(self, entry: ModelEntry) -> ReadyModel:
        key = files.file_key(entry)
        served = self._served.get(key)
        if served is None:
            async with self._loading:
                served = self._served.get(key) or await self._load(entry, key)
        await served.server.ready()
        served.used_s = time.monotonic()
        facts = served.model.facts
        return ReadyModel(
            fingerprint=_fingerprint(entry, served),
            chat=served.model.chat,
            context_length=served.context_length,
            vocabulary=facts.vocabulary,
            rows=served.rows,
            pool_tokens=served.pool_tokens,
            no_repeat_ngram=generate.sampling_for(entry.task).no_repeat_ngram,
        )

    def is_ready(self, entry: ModelEntry) -> bool:
        served = self._served.get(files.file_key(entry))
        return served is not None and served.server.is_up

    async def ask(self, question: Question) -> AsyncGenerator[Piece | Ending, None]:
        served = self._served.get(files.file_key(question.entry))
        if served is None:
            raise ServerLostError("The server was put away before this question came to it.")
        served.users += 1
        try:
            async with aclosing(self._answered(served, question)) as news:
                async for each in news:
                    yield each
        except ServerLostError:
            served.server.doubt()
            raise
        finally:
            served.users -= 1
            served.used_s = time.monotonic()
            await self._drop_unknown()

    async def _answered(self, served: Served, question: Question) -> AsyncGenerator[Piece | Ending, None]:
        chat, written = served.model.chat, list[int]()
        # A token that ends our answers and not llama.cpp's is heard in a stream alone.
        is_whole = question.is_whole and chat.stops <= {chat.end_of_turn, chat.tokenizer.eos_token_id}
        # So is a hang-up, while a server is busy: a large model's place must not be kept for nobody.
        is_streamed = not is_whole or served.model.facts.parameters >= SMALL_PARAMETERS
        try:
            body = wire.body_of(question, is_whole=question.limit == 1 or not is_streamed)
            async with aclosing(served.complete(body, is_gathered=is_whole)) as news:
                async for each in news:
                    written += each.tokens if isinstance(each, Piece) else []
                    yield each
        except wire.UntoldTokensError:
            # The same once more as one piece, which holds every token; the same seed draws the same.
            body = wire.body_of(question, is_whole=True)
            async with aclosing(served.complete(body)) as news:
                async for each in news:
                    yield _rest(each, written) if isinstance(each, Piece) else each

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(forgotten.LOOK_EVERY_S)
            looks = [served.watch.look() for served in self._served.values()]
            for error in filter(None, await asyncio.gather(*looks, return_exceptions=True)):
                logger.error("A look for forgotten questions failed.", exc_info=error)

    def state(self) -> dict[str, Any]:
        return {
            "weights_bytes": self._weights_bytes(),
            "max_weights_bytes": self._bounds.weights,
            "bytes_per_weight": BYTES_PER_WEIGHT,
            "servers": [self._server_state(key, each.server) for key, each in self._served.items()],
        }

    def _server_state(self, key: str, server: LlamaServer) -> dict[str, Any]:
        names = [entry.name for entry in self._entries if files.file_key(entry) == key]
        return {
            "models": names,
            "pid": server.pid,
            "starts": server.starts,
            "is_up": server.is_up,
            "build": server.build,
        }

    async def _load(self, entry: ModelEntry, key: str) -> Served:
        model = await asyncio.to_thread(
            files.open_model, self._files, entry, token=self._token, allowed_roots=self._roots
        )
        await self._make_room(model)
        total, pool, context, arguments = self._shape(model)
        server = LlamaServer(self._program, ["--model", str(model.path), *arguments])
        tokens = TokenBytes(model.chat.tokenizer, model.facts.vocabulary)
        served = Served(model, server, self._max_batch, total, pool, context, tokens, Watch(server.socket))
        try:
            await server.ready()
        except (NotServableError, RequestRefused, asyncio.CancelledError):
            await server.stop()
            raise
        self._served[key] = served
        return served

    def _kv_share(self) -> int:
        """Bytes of keys and values that a server may take where all miniatures' are loaded."""
        return self._bounds.kv // max(1, len({files.file_key(entry) for entry in self._entries}))

    def _kv_left(self) -> int:
        return self._bounds.kv - sum(each.kv_bytes for each in self._served.values())

    def _shape(self, model: GgufModel) -> tuple[int, int | None, int, list[str]]:
        """Tokens in all, pool of tokens, context of one answer, and the arguments that give a server these.

        Each row has the whole context to itself where that fits in memory; else all share one pool.
        """
        facts = model.facts
        pool = max(LEAST_POOL, min(self._kv_share(), self._kv_left()) // facts.kv_bytes_per_token)
        context = facts.context_length or pool
        a_row = -(-context // CONTEXT_STEP) * CONTEXT_STEP
        is_shared = a_row * self._max_batch > pool
        total = pool // CONTEXT_STEP * CONTEXT_STEP if is_shared else a_row * self._max_batch
        arguments = [
            *("--parallel", str(self._max_batch), "--ctx-size", str(total)),
            "--kv-unified" if is_shared else "--no-kv-unified",
            # Prompts stay in the slots they were read in, and nowhere else.
            *(
                "--cache-ram",
                "0",
                "--no-context-shift",
                "--no-ui",
                "--no-slots",
                "--metrics",
                "--offline",
                "--fit",
                "off",
            ),
            *("--log-verbosity", "1", "--threads-http", str(self._max_batch + 4)),
            # Threads wait for each other by spinning: small models lose by it.
            *(("--threads", "1") if facts.parameters < SMALL_PARAMETERS else ()),
        ]
        return total, total if is_shared else None, min(context, total), arguments

    async def _make_room(self, model: GgufModel) -> None:
        """Put away servers without an answer under way, the longest unused first, until weights and a share fit."""
        needed = model.bytes
        if needed > self._bounds.weights:
            raise RequestRefused(
                400,
                "model_too_large",
                f"Its weights of {gib(needed)} do not fit in the limit of {gib(self._bounds.weights)} for models on "
                "this host. Raise SERVING_MAX_WEIGHTS_GIB where there is memory for it, or serve on a host with more "
                "memory.",
            )
        least = LEAST_POOL * model.facts.kv_bytes_per_token
        # Looked at anew each time: while one ends, others are asked or put away.
        while not self._has_room(needed, max(least, self._kv_share())) and (idle := self._idle()):
            await self._served.pop(min(idle, key=lambda key: self._served[key].used_s)).server.stop()
        if not self._has_room(needed, least):
            raise RequestRefused(
                503,
                "no_room",
                f"All models in memory are in use, and {gib(needed)} more do not fit beside them. Try again soon, "
                "or raise SERVING_MAX_WEIGHTS_GIB and SERVING_MAX_KV_GIB.",
                retry_after_s=5,
            )

    def _idle(self) -> list[str]:
        return [key for key, served in self._served.items() if not served.users]

    def _has_room(self, weights: int, kv: int) -> bool:
        return not self._served or (self._weights_bytes() + weights <= self._bounds.weights and self._kv_left() >= kv)

    async def _drop_unknown(self) -> None:
        kept = {files.file_key(entry) for entry in self._entries}
        # All taken out first: another answer that ends meanwhile must not find them here.
        gone = [self._served.pop(key) for key in self._idle() if key not in kept]
        for served in gone:
            await served.server.stop()

    def _weights_bytes(self) -> int:
        return sum(each.model.bytes for each in self._served.values() if each.model.path.exists())


def _rest(piece: Piece, written: list[int]) -> Piece:
    """Return what a whole answer holds behind the tokens that were sent already."""
    count = len(written)
    # Some of them were found by their bytes, and may be others that spell the same.
    if len(piece.tokens) < count:
        raise ServerLostError("The second answer to a question differs from the first.")
    return Piece(tokens=piece.tokens[count:], log_probs=piece.log_probs[count:])


def _fingerprint(entry: ModelEntry, served: Served) -> str:
    """Name weights, template, file and the server's build."""
    ways = entry.ways.model_dump_json()
    return fingerprint_of(entry.manifest_sha256, ways, served.model.facts.sha256, served.server.build)
