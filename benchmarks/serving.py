"""Claim: eight clients get four times the tokens a second of one `generate` after another; the front end adds < 10 ms.

The demo student on the CPU, with an adapter. Both sides write for the same prompts to the same longest answer, in turns
in this run; medians of their tokens a second are compared. The peer is transformers' own `generate` on weights into
which the adapter is merged, its fastest way; ours goes through everything: HTTP, token, front end, engine. The front
end's share is the time to the first token through `/v1` less the same on the engine's socket, with one client, in
turns. Then sixteen questions at once go to one adapter and to eight, in turns. The last line of output is one
JSON object; `ratio` is ours over the peer's.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from demo import scratch
from tests.postgres_server import free_port

ROOT = Path(__file__).resolve().parent.parent
ROUNDS, CLIENTS, PROMPTS, NEW_TOKENS, FIRST_TOKENS = 5, 8, 16, 64, 60
LONE_PROMPTS = 4
WITHIN_S = 60
MODEL = "bench"


def main() -> None:
    """Measure, and print one JSON line last."""
    # As a supervisor starts engines: threads that spin while they wait are ruin on a busy host. The peer gets the same.
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    folder = scratch.prepare()
    rows = make_rows()
    adapter = _adapter(folder / "adapter")
    entry = rows["entry"] | {"folder": str(adapter), "method": "lora", "base": {"path": str(_base())}}
    names = [MODEL, *(f"{MODEL}-{number}" for number in range(1, CLIENTS))]
    entries = [entry | {"name": name, "manifest_sha256": str(at) * 64} for at, name in enumerate(names)]
    generate = make_peer(_base(), rows["prompts"], adapter=adapter)
    with open_engine(folder, *entries) as path, open_site() as url:
        headers = {"Authorization": f"Bearer {rows['token']}"}
        figures = asyncio.run(_measure(path, url, headers, rows, generate))
        figures["eight_adapters_to_one"] = asyncio.run(_eight_to_one(path, names, rows["prompts"]))
    print(json.dumps(figures))


def make_rows() -> dict[str, Any]:
    """A served miniature of the demo student: a token, prompts, and its entry for an engine, without files."""
    from members.models import ApiToken, Member
    from review.spec import prompting
    from serving.models import Promotion
    from tests.review import factories
    from tests.training.conftest import freeze
    from training.models import Miniature
    from training.runs import launch_run
    from training.runs.run_request import RunRequest
    from training.students import registration

    member = Member.objects.create(username="bench", is_superuser=True)
    task = factories.make_task(by=member)
    student = registration.register_shipped("demo")
    run = launch_run.launch(
        RunRequest(dataset_version=freeze(task, member, train=8, validation=2), student=student),
        recipe="demo",
        by=member,
    )
    miniature = Miniature.objects.create(
        slug=MODEL, name="Bench", task=task, run=run, student=student, method="lora", storage_prefix="none",
        manifest_sha256="0" * 64,
    )  # fmt: skip
    Promotion.objects.create(task=task, miniature=miniature, act="promote", by=member)
    spec = run.task_version.spec
    facts = [record.facts for record in task.records.all()[:PROMPTS]] or [{}]
    facts = [{**facts[at % len(facts)], "company": f"Northwind {at}"} for at in range(PROMPTS)]
    _, token = ApiToken.objects.create(user=member, name="bench", scopes=["serve"])
    entry = {"name": MODEL, "task": spec.canonical(), "manifest_sha256": "0" * 64}
    prompts = [prompting.messages(spec, known, audience="student") for known in facts]
    return {"entry": entry, "prompts": prompts, "token": token}


def _base() -> Path:
    from demo.students import WRITER

    return WRITER.folder()


def _adapter(folder: Path) -> Path:
    """An adapter of rank 16 that changes next to nothing: its speed is what counts. The demo recipe's rank is 64."""
    import torch
    from safetensors.torch import load_file, save_file

    from training.engine.contracts import StudentRef
    from training.engine.model import loading, lora

    base = loading.load(StudentRef(path=str(_base())), dtype=torch.float32)
    lora.attach(base.model, rank=16, alpha=32, dropout=0.0, seed=1).save_pretrained(folder)
    file = folder / "adapter_model.safetensors"
    save_file({name: tensor + 1e-4 for name, tensor in load_file(file).items()}, file)
    return folder


def make_peer(folder: Path, prompts: list[Any], *, adapter: Path | None = None) -> Callable[..., tuple[int, float]]:
    """transformers' `generate` for one prompt after another: tokens written and seconds taken."""
    import torch

    from training.engine.contracts import StudentRef
    from training.engine.model import loading

    student = loading.load(StudentRef(path=str(folder)), dtype=torch.float32)
    student = loading.load_tuned(student, adapter) if adapter else student
    ids = [torch.tensor([student.chat.prompt_ids(prompt)]) for prompt in prompts]

    def generate(count: int = PROMPTS) -> tuple[int, float]:
        written, began = 0, time.perf_counter()
        with torch.inference_mode():
            for prompt in ids[:count]:
                found = student.model.generate(
                    prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=NEW_TOKENS, do_sample=False
                )
                written += found.shape[1] - prompt.shape[1]
        return written, time.perf_counter() - began

    # As many threads as serve it best here: on a busy host sharing small products out can cost more than computing
    # them.
    speeds = {}
    for threads in (torch.get_num_threads(), 1):
        torch.set_num_threads(threads)
        speeds[threads] = max(_rate(*generate(2)) for _ in range(2))
    torch.set_num_threads(max(speeds, key=lambda threads: speeds[threads]))
    return generate


@contextmanager
def open_engine(folder: Path, *entries: dict[str, Any], **options: Any) -> Iterator[Path]:
    """Engine that serves miniatures, on the socket where the site asks for it."""
    from jobs.contracts import SpecEnvelope
    from jobs.rundir import write_spec
    from serving.runtime import addresses

    run_dir, path = folder / "engine", addresses.socket_path()
    body = {"socket": str(path), "models": entries, "device": "cpu", "backend": "own", **options}
    write_spec(run_dir, SpecEnvelope(job="1", kind="serving", fence=1, lease_s=600, body=body))
    process = subprocess.Popen([sys.executable, "-m", "serving.backends", str(run_dir)], cwd=ROOT)
    try:
        wait(path.exists)
        yield path
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def open_site() -> Iterator[str]:
    """Web process on a port of its own; the address of its `/v1`."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "miniatures_site.asgi:application", "--port", str(port),
               "--log-level", "warning", "--no-access-log", "--lifespan", "off"]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ))
    try:
        wait(lambda: _answers(f"http://127.0.0.1:{port}/livez"))
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(20)


async def _measure(
    path: Path, url: str, headers: dict[str, str], rows: dict[str, Any], generate: Callable[[], tuple[int, float]]
) -> dict[str, Any]:
    prompts = rows["prompts"]
    transport = httpx.AsyncHTTPTransport(uds=str(path))
    async with (
        httpx.AsyncClient(base_url=url, headers=headers, timeout=120) as web,
        httpx.AsyncClient(base_url="http://engine", transport=transport, timeout=120) as direct,
    ):
        await _crowd(web, prompts)
        generate()
        ours, peers, streamed, alone = [], [], [], []
        for number in range(1, ROUNDS + 1):
            peers.append(_rate(*generate()))
            ours.append(_rate(*await _crowd(web, prompts)))
            streamed.append(_rate(*await _crowd(web, prompts, stream=True)))
            alone.append(_rate(*await _crowd(web, prompts[:LONE_PROMPTS], clients=1)))
            print(
                f"round {number}: generate {peers[-1]:.0f}, ours {ours[-1]:.0f}, streamed {streamed[-1]:.0f}, "
                f"one client {alone[-1]:.0f} tokens/s"
            )
        through, bare = [], []
        for number in range(FIRST_TOKENS):
            messages = prompts[number % len(prompts)]
            bare.append(await _first(direct, "/ask", messages))
            through.append(await _first(web, "/chat/completions", messages))
    added = [a - b for a, b in zip(through, bare, strict=True)]
    return {
        "ratio": round(statistics.median(ours) / statistics.median(peers), 2),
        "ratio_streamed": round(statistics.median(streamed) / statistics.median(peers), 2),
        "served_tokens_per_s": round(statistics.median(ours)),
        "streamed_tokens_per_s": round(statistics.median(streamed)),
        "one_client_tokens_per_s": round(statistics.median(alone)),
        "generate_tokens_per_s": round(statistics.median(peers)),
        "clients": CLIENTS,
        "first_token_ms": round(statistics.median(through) * 1000, 1),
        "engine_first_token_ms": round(statistics.median(bare) * 1000, 1),
        "front_end_adds_ms": round(statistics.median(added) * 1000, 1),
        "load": round(os.getloadavg()[0], 1),
    }


async def _eight_to_one(path: Path, names: list[str], prompts: list[Any]) -> float:
    """Seconds that all prompts at once take one adapter, over those that they take eight; median of pairs."""
    transport = httpx.AsyncHTTPTransport(uds=str(path))
    async with httpx.AsyncClient(base_url="http://engine", transport=transport, timeout=120) as direct:

        async def seconds(models: list[str]) -> float:
            began, ways = time.perf_counter(), {"max_tokens": NEW_TOKENS}
            asks = [{"model": models[at % len(models)], "messages": each, **ways} for at, each in enumerate(prompts)]
            await asyncio.gather(*(direct.post("/ask", json=ask) for ask in asks))
            return time.perf_counter() - began

        await seconds(names)
        pairs = [(await seconds(names[:1]), await seconds(names)) for _ in range(2 * ROUNDS)]
    return round(statistics.median(one / eight for one, eight in pairs), 3)


async def _crowd(
    web: httpx.AsyncClient, prompts: list[Any], *, stream: bool = False, clients: int = CLIENTS
) -> tuple[int, float]:
    """All prompts by so many clients at once, each asking one after another: tokens written and seconds taken."""
    left = list(prompts)
    began = time.perf_counter()

    async def client() -> int:
        written = 0
        while left:
            written += await _tokens(web, left.pop(), stream=stream)
        return written

    written = sum(await asyncio.gather(*(client() for _ in range(clients))))
    return written, time.perf_counter() - began


async def _tokens(web: httpx.AsyncClient, messages: Any, *, stream: bool) -> int:
    body = {"model": MODEL, "messages": messages, "max_tokens": NEW_TOKENS}
    if not stream:
        answer = await web.post("/chat/completions", json=body)
        answer.raise_for_status()
        return int(answer.json()["usage"]["completion_tokens"])
    body |= {"stream": True, "stream_options": {"include_usage": True}}
    written = 0
    async with web.stream("POST", "/chat/completions", json=body) as answer:
        async for line in answer.aiter_lines():
            if line.startswith("data: {") and '"usage":{' in line:
                written = int(json.loads(line[6:])["usage"]["completion_tokens"])
    return written


async def _first(client: httpx.AsyncClient, path: str, messages: Any) -> float:
    """Seconds until the first piece of text."""
    body = {"model": MODEL, "messages": messages, "max_tokens": 4, "stream": True}
    began = time.perf_counter()
    took = 0.0
    async with client.stream("POST", path, json=body) as answer:
        async for line in answer.aiter_lines():
            if not took and ('"text"' in line or ('"content":"' in line and '"content":""' not in line)):
                took = time.perf_counter() - began
    if took:
        return took
    raise AssertionError("no text came")


def _rate(tokens: int, seconds: float) -> float:
    return tokens / seconds


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def wait(question: Callable[[], object], within_s: float = WITHIN_S) -> None:
    """Wait until a question is answered with yes."""
    deadline = time.monotonic() + within_s
    while not question():
        if time.monotonic() > deadline:
            raise TimeoutError("it did not come up")
        time.sleep(0.05)


if __name__ == "__main__":
    main()
