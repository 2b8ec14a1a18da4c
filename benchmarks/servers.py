"""Question: how much of the speed of `llama-server` asked directly is left through `/v1`, and how fast is each server?

Students of two shapes with random weights. Front, relay and clients share one core, `llama-server` has another; both
sides ask the same process for texts of the same lengths, in turns; medians. Then our own engine, llama.cpp and vLLM
(where `VLLM_PYTHON` names it) behind the same relay, and transformers' `generate`, on both cores. `LLAMA_SERVER` names
the program. The last line of output is one JSON object. `python -m benchmarks.servers [--rounds N] [SHAPE ...]`.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import re
import shlex
import statistics
import string
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from benchmarks.serving import MODEL, make_peer, make_rows, open_engine, open_site, wait
from demo import scratch
from tests import left_out

FRONT_CORE, SERVER_CORE = 0, 1
CLIENTS, FIRST_TOKENS, SEVERAL = (1, 8, 16), 30, 8
TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>\n{{ message['content'] }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
SPECIAL = ("<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>")
_TEXT, _WRITTEN = re.compile(rb'"(?:content|text)": ?"[^"]'), re.compile(rb'"completion_tokens": ?(\d+)')


class Shape(NamedTuple):
    """Config of a Llama, and how many tokens each answer has."""

    config: dict[str, int]
    new_tokens: int


SHAPES = {
    "demo": Shape(
        {"hidden_size": 320, "intermediate_size": 880, "num_hidden_layers": 6, "num_attention_heads": 5,
         "num_key_value_heads": 5, "vocab_size": 2048},
        64,
    ),
    "smollm2-135m": Shape(
        {"hidden_size": 576, "intermediate_size": 1536, "num_hidden_layers": 30, "num_attention_heads": 9,
         "num_key_value_heads": 3, "vocab_size": 49_152},
        32,
    ),
}  # fmt: skip


class Way(NamedTuple):
    """Where and how answers are asked for."""

    place: str | int  # a unix socket, or a port of this host
    path: str
    headers: dict[str, str]
    options: dict[str, Any]


def main() -> None:
    """Measure each shape, and print one JSON line last."""
    parser = argparse.ArgumentParser()
    parser.add_argument("shapes", nargs="*", default=list(SHAPES))
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if not left_out.llama_server():
        parser.error("there is no llama-server: make llama, or name it by LLAMA_SERVER")
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    folder = scratch.prepare()
    rows = make_rows()
    figures = {name: _measure(folder / name, SHAPES[name], rows, options.rounds) for name in options.shapes}
    print(json.dumps({**figures, "load": round(os.getloadavg()[0], 1)}))


def _measure(folder: Path, shape: Shape, rows: dict[str, Any], rounds: int) -> dict[str, Any]:
    student = _make_student(folder / "student", shape.config)
    # Random weights fall into loops: with a list as its field the task lets runs repeat.
    task = rows["entry"]["task"] | {"output_schema": [{"name": "items", "type": "list"}]}
    entry = rows["entry"] | {"folder": str(student), "method": "full", "task": task}
    prompts = rows["prompts"]
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {FRONT_CORE})
    pinned = {"program": str(_pinned(folder)), "files": str(folder / "gguf")}
    with open_engine(folder / "pinned", entry, backend="llama", options=pinned) as path, open_site() as url:
        # Free as the direct answers are: random weights break a grammar often, and llama.cpp then tries all tokens.
        headers = {"Authorization": f"Bearer {rows['token']}", "X-Miniatures-Grammar": "off"}
        through = Way(httpx.URL(url).port or 0, "/v1/chat/completions", headers, {})
        direct = Way(_socket_of_server(path), "/v1/chat/completions", {}, {"top_p": 1.0, "min_p": 0.0})
        figures = asyncio.run(_through_and_direct(through, direct, prompts, shape, rounds))
        figures["promoted_to_first_token_s"] = round(asyncio.run(_promote(path, entry, prompts[0])), 2)
    os.sched_setaffinity(0, cores)
    return figures | {"engines": _engines(folder, entry, prompts, rounds, shape)}


def _make_student(folder: Path, config: dict[str, int]) -> Path:
    """A Llama with random weights that writes plain letters, no byte within a character and no end."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = _make_tokenizer(config["vocab_size"])
    tokenizer.save_pretrained(folder)
    torch.manual_seed(1)
    model = LlamaForCausalLM(
        LlamaConfig(**config, max_position_embeddings=1024, tie_word_embeddings=True, eos_token_id=1, pad_token_id=0)
    )
    # Ten times as large as they are drawn, they tell tokens apart; those of zeros are next to never drawn.
    plain = [set(tokenizer.decode([token])) <= set(string.ascii_letters) for token in range(config["vocab_size"])]
    model.get_input_embeddings().weight.data.mul_(10 * torch.tensor(plain).unsqueeze(1))
    model.bfloat16().save_pretrained(folder)
    return folder


def _make_tokenizer(size: int) -> Any:
    """A byte-level tokenizer of so many tokens: special ones, bytes, and runs of two to four letters."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = string.ascii_lowercase
    pairs = [(a, b) for a in letters for b in letters]
    longer = itertools.chain(
        ((a + b, c) for a, b in pairs for c in letters), ((a + b, c + d) for a, b in pairs for c, d in pairs)
    )
    words = [*SPECIAL, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    merges = list(itertools.islice(itertools.chain(pairs, longer), size - len(words)))
    vocabulary = {word: number for number, word in enumerate([*words, *(a + b for a, b in merges)])}
    inner = Tokenizer(models.BPE(vocabulary, merges))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    inner.add_special_tokens(list(SPECIAL))
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, eos_token="<|end|>", pad_token="<|pad|>", chat_template=TEMPLATE
    )


def _pinned(folder: Path) -> Path:
    """A program that is `llama-server` on one core, computing in one thread."""
    program, script = left_out.llama_server(), folder / "llama-server"
    libraries = f"LD_LIBRARY_PATH={shlex.quote(str(Path(program).resolve().parent))}"
    script.write_text(
        f'#!/bin/sh\nexec env {libraries} taskset -c {SERVER_CORE} {shlex.quote(program)} "$@" --threads 1\n'
    )
    script.chmod(0o755)
    return script


def _socket_of_server(path: Path) -> str:
    """The socket of the `llama-server` behind a relay, once it is up."""
    wait(lambda: [each for each in _state(path).get("servers", []) if each["is_up"]])
    arguments = Path(f"/proc/{_state(path)['servers'][0]['pid']}/cmdline").read_text().split("\0")
    return arguments[arguments.index("--host") + 1]


def _state(path: Path) -> dict[str, Any]:
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), timeout=60) as client:
        return dict(client.get("http://engine/state").json())


async def _through_and_direct(
    through: Way, direct: Way, prompts: list[Any], shape: Shape, rounds: int
) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for stream, clients in itertools.product((False, True), CLIENTS):
        rates: dict[Way | str, list[float]] = {"through": [], "direct": []}
        # In the first round, which does not count, slots read the prompts for both.
        for _ in range(rounds + 1):
            for name, way in (("through", through), ("direct", direct)):
                rates[name].append(await _crowd(way, prompts, clients, shape.new_tokens, stream=stream))
        ours, theirs = (statistics.median(rates[name][1:]) for name in ("through", "direct"))
        label = f"{clients}_{'streamed' if stream else 'whole'}"
        figures[label] = {"through": round(ours), "direct": round(theirs), "ratio": round(ours / theirs, 3)}
        print(f"{label}: through /v1 {ours:.0f}, directly {theirs:.0f} tokens/s", flush=True)
    seconds: list[tuple[float, float]] = []
    for number in range(FIRST_TOKENS):
        messages = prompts[number % len(prompts)]
        await _ask(direct, messages, 1)  # A slot has read the prompt for both.
        seconds.append(((await _ask(through, messages, 4))[1], (await _ask(direct, messages, 4))[1]))
    figures["first_token_ms"] = [round(1000 * statistics.median(each), 1) for each in zip(*seconds, strict=True)]
    figures["front_end_adds_ms"] = round(1000 * statistics.median(a - b for a, b in seconds), 1)
    return figures


async def _crowd(way: Way, prompts: list[Any], clients: int, new_tokens: int, *, stream: bool) -> float:
    """Tokens a second of so many clients, each asking twice."""
    began = time.perf_counter()

    async def client(number: int) -> int:
        asks = [(number + turn * clients) % len(prompts) for turn in range(2)]
        return sum([(await _ask(way, prompts[at], new_tokens, stream=stream))[0] for at in asks])

    written = sum(await asyncio.gather(*(client(number) for number in range(clients))))
    return written / (time.perf_counter() - began)


async def _ask(way: Way, messages: Any, new_tokens: int, *, stream: bool = True) -> tuple[int, float]:
    """Tokens of one answer, and seconds until its first text; only bytes are read, so that a client costs little."""
    body = {"model": MODEL, "messages": messages, "max_tokens": new_tokens, "temperature": 1.0, "top_k": 40}
    body |= way.options | {"stream": stream}
    if stream and way.path.startswith("/v1"):
        body["stream_options"] = {"include_usage": True}
    content, began, first_s, answer = json.dumps(body).encode(), time.perf_counter(), 0.0, b""
    headers = {"Host": "localhost", "Connection": "close", "Content-Type": "application/json", **way.headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    async for data in _exchange(
        way, f"POST {way.path} HTTP/1.1\r\n{head}Content-Length: {len(content)}\r\n\r\n".encode() + content
    ):
        answer += data
        if not first_s and _TEXT.search(answer):
            first_s = time.perf_counter() - began
    counts = _WRITTEN.findall(answer)
    if not counts or not first_s:
        raise RuntimeError(answer[-500:].decode(errors="replace"))
    return int(counts[-1]), first_s


async def _exchange(way: Way, question: bytes) -> AsyncIterator[bytes]:
    if isinstance(way.place, int):
        reader, writer = await asyncio.open_connection("127.0.0.1", way.place)
    else:
        reader, writer = await asyncio.open_unix_connection(way.place)
    writer.write(question)
    try:
        while data := await reader.read(1 << 16):
            yield data
    finally:
        writer.close()


async def _promote(path: Path, entry: dict[str, Any], messages: Any) -> float:
    """Seconds from a list with one more miniature to its first token, beside one that is served."""
    late = entry | {"name": "late", "manifest_sha256": "1" * 64}
    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(path)), timeout=300) as client:
        began = time.perf_counter()
        (await client.put("http://engine/models", json={"models": [entry, late]})).raise_for_status()
        body = {"model": "late", "messages": messages, "max_tokens": 1}
        (await client.post("http://engine/ask", json=body)).raise_for_status()
        return time.perf_counter() - began


def _engines(folder: Path, entry: dict[str, Any], prompts: list[Any], rounds: int, shape: Shape) -> dict[str, Any]:
    """Tokens a second of eight clients on each server's socket, and of `generate` one by one, on all cores."""
    llama = {"program": left_out.llama_server(), "files": str(folder / "gguf")}
    backends: dict[str, dict[str, Any]] = {"own": {}, "llama": llama}
    if os.environ.get("VLLM_PYTHON"):
        backends["vllm"] = {"python": left_out.vllm_python(), "rank": 16, "cpu_kv_gib": 1}
    figures: dict[str, Any] = {}
    for name, options in backends.items():
        with open_engine(folder / name, entry, backend=name, options=options) as path:
            wait(lambda path=path: all(model["loaded"] for model in _state(path)["models"]), within_s=600)
            way = Way(str(path), "/ask", {}, {})
            for clients in (1, SEVERAL):
                figures[f"{name}_{clients}"] = asyncio.run(_of_rounds(way, prompts, clients, shape.new_tokens, rounds))
    generate = make_peer(Path(entry["folder"]), prompts)
    generate(1)
    done = [generate(2) for _ in range(rounds)]
    figures["generate"] = round(statistics.median(tokens / seconds for tokens, seconds in done))
    print(f"engines, tokens/s: {figures}", flush=True)
    return figures


async def _of_rounds(way: Way, prompts: list[Any], clients: int, new_tokens: int, rounds: int) -> int:
    """Median of some rounds after a first that does not count."""
    rates = [await _crowd(way, prompts, clients, new_tokens, stream=False) for _ in range(rounds + 1)]
    return round(statistics.median(rates[1:]))


if __name__ == "__main__":
    main()
