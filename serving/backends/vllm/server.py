"""One vLLM server as a child process: its command, its socket, its adapters, its end. Knows no miniature.

It listens on a unix socket in a folder of ours alone, with a random key. The key is not enough: vLLM leaves `/adapters`
and `/tokenize` open without one. It reads a folder, is offline, and is given no secret but that key.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
from asyncio.subprocess import Process
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx
import psutil

from serving.backends.contracts import ServerLostError
from serving.backends.vllm.options import Device, VllmOptions
from serving.engine.errors import RequestRefused
from web.process.parent import end_with_parent

HOST: Final = "http://vllm"
BASE: Final = "base"
IN_VLLM: Final = Path(__file__).with_name("in_vllm")
LOOK_EVERY_S: Final = 0.25
# A large model on a slow disk; on a CPU one to two minutes are usual.
STARTS_WITHIN_S: Final = 1200.0
ENDS_WITHIN_S: Final = 10.0
LOAD_S: Final = 120.0
QUICK_S: Final = 5.0
LOG_LINES: Final = 200
# A first question with a draw compiles what draws, which can take a minute: done before anybody asks.
WARM_UP: Final = {
    "model": BASE,
    "prompt": [0],
    "max_tokens": 2,
    "temperature": 1.0,
    "top_p": 0.9,
    "top_k": 5,
    "min_p": 0.1,
    "frequency_penalty": 0.1,
    "seed": 1,
    "logprobs": 1,
}


@dataclass
class VllmServer:
    """A server of one base or one whole model.

    Attributes:
        folder: The model's.
        socket: Its address, in a folder that is ours alone.
        log: File that it writes to.
        rows: Answers written at once.
        takes_adapters: Whether it is laid out for LoRA.
        share: Part of the GPU's memory that is its own.
        kv_bytes: Bytes of keys and values, where they are set.
    """

    folder: str
    socket: Path
    log: Path
    options: VllmOptions
    device: Device
    rows: int
    takes_adapters: bool
    share: float
    kv_bytes: int | None = None
    adapters: set[str] = field(default_factory=set)
    version: str = ""
    context_length: int = 0

    def __post_init__(self) -> None:
        self._key = secrets.token_urlsafe(32)
        self._process: Process | None = None
        self._children: list[psutil.Process] = []
        self._loading = asyncio.Lock()
        self.client = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(uds=str(self.socket), limits=httpx.Limits(max_connections=None)),
            base_url=HOST,
            headers={"authorization": f"Bearer {self._key}"},
            # An answer takes what it takes: whoever asks hangs up.
            timeout=httpx.Timeout(None, connect=QUICK_S),
        )

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        return self._process.pid if self._process is not None else 0

    async def start(self) -> None:
        """Start the process and wait until it answers.

        Raises:
            RequestRefused: 503, it did not come up, with the last error of its log.
            ServerLostError: It ended with its first question.
        """
        self.socket.unlink(missing_ok=True)
        try:
            self._process = await self._begun()
        except OSError as error:
            raise RequestRefused(503, "not_loadable", f"vLLM could not be started: {error}") from error
        try:
            async with asyncio.timeout(STARTS_WITHIN_S):
                await self._until_healthy(self._process)
        except TimeoutError:
            await self.stop()
            raise RequestRefused(
                503, "not_loadable", f"vLLM did not answer within {STARTS_WITHIN_S:.0f} s; see {self.log}."
            ) from None

    async def _begun(self) -> Process:
        with self.log.open("wb") as log:
            return await asyncio.create_subprocess_exec(
                *self.command(),
                cwd=self.log.parent,
                env=self.environment(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Asked to end, it ends its own children.
                preexec_fn=partial(end_with_parent, signal.SIGTERM),
            )

    async def _until_healthy(self, process: Process) -> None:
        while True:
            if process.returncode is not None:
                raise RequestRefused(503, "not_loadable", f"vLLM could not start: {last_error(self.log)}")
            is_healthy = await self._is_healthy()
            with contextlib.suppress(psutil.Error):
                self._children = psutil.Process(process.pid).children(recursive=True)
            if is_healthy:
                break
            await asyncio.sleep(LOOK_EVERY_S)
        try:
            self.version = str((await self.client.get("/version")).json()["version"])
            (card,) = (await self.client.get("/v1/models")).json()["data"]
            self.context_length = int(card["max_model_len"])
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise ServerLostError(f"vLLM ended as soon as it was up: {error!r}") from error
        await self._post("/v1/completions", WARM_UP, timeout_s=None)

    async def _is_healthy(self) -> bool:
        try:
            return (await self.client.get("/health", timeout=QUICK_S)).status_code == 200
        except httpx.HTTPError:
            return False

    async def wait(self) -> None:
        """Wait until the process has ended; at once where none runs."""
        if self._process is not None:
            await self._process.wait()

    async def stop(self) -> None:
        """End the process: asked first, killed if it does not go; then what it has left behind.

        Its engine outlives a server that was killed, and would keep the memory of the next one.
        """
        try:
            await self.client.aclose()
            await self._end()
        finally:
            for child in self._children:
                with contextlib.suppress(psutil.Error):
                    child.kill()
            self.socket.unlink(missing_ok=True)

    async def _end(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), ENDS_WITHIN_S)
                break

    async def load(self, name: str, folder: Path) -> None:
        """Push an adapter, once.

        Raises:
            RequestRefused: 503, vLLM does not take it, with its reason.
            ServerLostError: The server ended.
        """
        async with self._loading:
            if name not in self.adapters:
                await self._post("/v1/load_lora_adapter", {"lora_name": name, "lora_path": str(folder)})
                self.adapters.add(name)

    async def unload(self, name: str) -> None:
        """Take an adapter away; one that the server no longer knows is gone as well."""
        async with self._loading:
            if name in self.adapters:
                self.adapters.discard(name)
                with contextlib.suppress(RequestRefused, ServerLostError):
                    await self._post("/v1/unload_lora_adapter", {"lora_name": name})

    async def _post(self, path: str, body: dict[str, Any], *, timeout_s: float | None = LOAD_S) -> None:
        try:
            response = await self.client.post(path, json=body, timeout=timeout_s)
        except httpx.HTTPError as error:
            raise ServerLostError(str(error)) from error
        if response.status_code != 200:
            raise RequestRefused(503, "not_loadable", f"vLLM cannot serve it: {error_of(response)}")

    def command(self) -> list[str]:
        """Return the command line, without the key."""
        options = self.options
        arguments = [
            *(options.python, "-m", "vllm.entrypoints.openai.api_server"),
            *("--model", self.folder, "--served-model-name", BASE, "--uds", str(self.socket)),
            # fp32 where ours is served in fp32, and bf16 where ours is.
            *("--dtype", "float32" if self.device == "cpu" else "bfloat16"),
            *("--max-num-seqs", str(self.rows), "--max-model-len=-1"),
            # Our own grammars, word for word, by the library that ours are held with.
            *("--structured-outputs-config", '{"backend": "guidance"}'),
            *("--logits-processors", "miniatures_no_repeat:NoRepeat"),
            # No defaults of the model's makers: what a question does not ask for is not done.
            *("--generation-config", "vllm"),
            *("--disable-uvicorn-access-log", "--disable-log-stats"),
        ]
        if self.takes_adapters:
            arguments += ["--enable-lora", "--max-loras", str(options.adapters)]
            arguments += ["--max-cpu-loras", str(max(options.adapters, 64))]
            arguments += ["--max-lora-rank", str(options.buffer_rank)]
        if self.device == "cpu":
            return [*arguments, "--enforce-eager"]
        if self.kv_bytes is not None:
            return [*arguments, "--kv-cache-memory-bytes", str(self.kv_bytes)]
        return [*arguments, "--gpu-memory-utilization", f"{self.share:.3f}"]

    def environment(self) -> dict[str, str]:
        """Return the child's environment; ours holds no secret."""
        gib = self.options.cpu_kv_gib if self.kv_bytes is None else max(1, self.kv_bytes >> 30)
        return os.environ | {
            "VLLM_API_KEY": self._key,
            "VLLM_ALLOW_RUNTIME_LORA_UPDATING": "True",
            "VLLM_CPU_KVCACHE_SPACE": str(gib),
            "VLLM_NO_USAGE_STATS": "1",
            "HF_HUB_OFFLINE": "1",
            "PYTHONPATH": str(IN_VLLM),
        }


def last_error(log: Path) -> str:
    """Return the last line of a log that tells of an error, without what stands before it."""
    lines = log.read_text(errors="replace").splitlines()[-LOG_LINES:]
    errors = [line for line in lines if "Error:" in line]
    return f"{errors[-1].rpartition('] ')[2].strip() if errors else 'its log says no more'} ({log})"


def error_of(response: httpx.Response) -> str:
    """Return the message of an answer that refuses, wherever its server puts it."""
    try:
        body = response.json()
        error = body.get("error") or body
        return str((error.get("message") or error) if isinstance(error, dict) else error)
    except (ValueError, AttributeError):
        return f"HTTP {response.status_code}"
