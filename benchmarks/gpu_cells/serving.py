"""Tokens a second of one student written for many clients at once: the serving engine, and vLLM where it is installed.

Called with one JSON object; the last line printed is one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from benchmarks.gpu_cells import students
from jobs.contracts import SpecEnvelope
from jobs.rundir import write_spec
from review.spec.starters import outreach

UP_WITHIN_S = 240


def ours(folder: Path, cell: dict[str, Any]) -> dict[str, Any]:
    """The serving engine on its socket, all weights of the student."""
    with tempfile.TemporaryDirectory() as temporary:
        run_dir, path = Path(temporary) / "engine", Path(temporary) / "socket"
        entry = {"name": "bench", "folder": str(folder), "method": "full", "task": outreach.SPEC.canonical(),
                 "manifest_sha256": "0" * 64}  # fmt: skip
        body = {"socket": str(path), "models": [entry], "device": cell["device"], "max_batch": max(cell["clients"]),
                "max_waiting": 1000, "max_weights_bytes": 100 << 30}  # fmt: skip
        write_spec(run_dir, SpecEnvelope(job="by-hand", kind="serving", fence=1, lease_s=3600, body=body))
        process = subprocess.Popen([sys.executable, "-m", "serving.engine", str(run_dir)])
        try:
            _until(path.exists, process)
            return {"tokens_per_s": asyncio.run(_rates(path, cell))}
        finally:
            process.terminate()
            process.wait(60)


async def _rates(path: Path, cell: dict[str, Any]) -> dict[str, float]:
    async with httpx.AsyncClient(
        base_url="http://engine", transport=httpx.AsyncHTTPTransport(uds=str(path)), timeout=UP_WITHIN_S
    ) as client:
        await _crowd(client, 1, cell)
        return {str(clients): await _crowd(client, clients, cell) for clients in cell["clients"]}


async def _crowd(client: httpx.AsyncClient, clients: int, cell: dict[str, Any]) -> float:
    async def ask(number: int) -> int:
        content = "a" * (cell["prompt_tokens"] - 8) + f"{number:08d}"
        body = {"model": "bench", "messages": [{"role": "user", "content": content}], "max_tokens": cell["new_tokens"],
                "temperature": 1.0, "seed": number, "stream": False}  # fmt: skip
        answer = await client.post("/ask", json=body)
        answer.raise_for_status()
        last = json.loads(answer.text.strip().splitlines()[-1])
        return int(last["done"]["completion_tokens"])

    began = time.perf_counter()
    written = sum(await asyncio.gather(*(ask(number) for number in range(clients))))
    return written / (time.perf_counter() - began)


def vllm(folder: Path, cell: dict[str, Any]) -> dict[str, Any]:
    """vLLM's own batch interface on the same student, prompts and lengths."""
    from vllm import LLM, SamplingParams  # type: ignore[import-not-found]

    engine = LLM(model=str(folder), dtype="bfloat16", max_model_len=4096)
    rates = {}
    for clients in (1, *cell["clients"]):
        prompts = ["a" * (cell["prompt_tokens"] - 8) + f"{number:08d}" for number in range(clients)]
        began = time.perf_counter()
        answers = engine.generate(prompts, SamplingParams(temperature=1.0, seed=1, max_tokens=cell["new_tokens"]))
        written = sum(len(answer.outputs[0].token_ids) for answer in answers)
        rates[str(clients)] = written / (time.perf_counter() - began)
    return {"tokens_per_s": rates}


def _until(is_up: Any, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + UP_WITHIN_S
    while not is_up():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the serving engine did not come up")
        time.sleep(0.1)


def main() -> None:
    """Measure one cell."""
    cell = json.loads(sys.argv[1])
    folder = students.make_folder(cell["student"], Path(cell["students"]) / cell["student"])
    print(json.dumps({"ours": ours, "vllm": vllm}[cell["by"]](folder, cell)))


if __name__ == "__main__":
    main()
