"""Encoder–decoders served: rows that join and leave, several adapters on one base, and memory that is counted apart."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from serving.engine import batch
from serving.engine.contracts import GenerateRequest, ModelEntry
from serving.engine.errors import RequestRefused
from serving.engine.memory import kv_bytes_per_token
from serving.engine.scheduler import Scheduler
from tests.serving import tiny
from tests.serving.engine.conftest import answer, ask, running
from tests.training.engine.seq2seq.conftest import make_seq2seq, make_seq2seq_tokenizer
from training.engine.contracts import StudentRef
from training.engine.model import generate, loading, lora
from training.engine.model.generate import Sampling
from training.engine.model.no_repeat_ngram import NO_REPEAT_NGRAM

pytestmark = pytest.mark.engine
PROSE = Sampling(no_repeat_ngram=NO_REPEAT_NGRAM)
PROMPTS = ["a", "a much longer prompt " * 4, "medium prompt", "b c", "company: Lattice", "x y z " * 10]


@dataclass(frozen=True)
class Served:
    """A base with two adapters, and whole weights of the same family."""

    base: Path
    adapters: dict[str, Path]
    full: Path

    @property
    def entries(self) -> list[ModelEntry]:
        named = [tiny.adapter_entry(name, folder, self.base) for name, folder in self.adapters.items()]
        return [*named, tiny.full_entry("full", self.full)]

    def student(self, name: str) -> loading.LoadedStudent:
        folder = self.base if name in self.adapters else self.full
        student = loading.load(StudentRef(path=str(folder)), dtype=torch.float32)
        return loading.load_tuned(student, self.adapters[name], merge=False) if name in self.adapters else student

    def alone(self, name: str, prompts: list[str], tokens: int = 20) -> list[str]:
        student = self.student(name)
        found = [
            generate.generate(student.model, student.chat, [tiny.user(prompt)], max_new_tokens=tokens, sampling=PROSE)
            for prompt in prompts
        ]
        return [next(iter(answers)).text.strip() for answers in found]


def make_lively(family: str, vocabulary: int) -> Any:
    """A model that says different things of different prompts: its layers outweigh the token it has just read."""
    model = make_seq2seq(family, vocabulary)
    dice = torch.Generator().manual_seed(5)
    for name, weight in model.named_parameters():
        if weight.dim() == 2 and "embed" not in name and "shared" not in name:
            weight.data = torch.randn(weight.shape, generator=dice) * 2 * weight.shape[1] ** -0.5
    table = model.get_input_embeddings().weight.data
    table.copy_(torch.randn(table.shape, generator=dice) * 0.3)
    table[:3] = 0
    return model


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Served]:
    made: dict[str, Served] = {}

    def make(family: str) -> Served:
        if family not in made:
            folder, tokenizer = tmp_path_factory.mktemp(family), make_seq2seq_tokenizer(family)
            for name in ("base", "full"):
                tokenizer.save_pretrained(folder / name)
                make_lively(family, len(tokenizer)).save_pretrained(folder / name)
            adapters = {name: make_adapter(folder / name, family, seed) for seed, name in enumerate(("one", "two"), 1)}
            made[family] = Served(folder / "base", adapters, folder / "full")
        return made[family]

    return make


def make_adapter(folder: Path, family: str, seed: int) -> Path:
    model = make_lively(family, len(make_seq2seq_tokenizer(family)))
    lora.attach(model, rank=4, alpha=8, dropout=0.0, seed=seed).save_pretrained(folder)
    weights, dice = load_file(folder / "adapter_model.safetensors"), torch.Generator().manual_seed(seed)
    for name, tensor in weights.items():
        if "lora_B" in name:
            weights[name] = torch.randn(tensor.shape, generator=dice) * 0.1
    save_file(weights, folder / "adapter_model.safetensors")
    return folder


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("family", ["t5", "umt5", "bart", "pegasus"])
def test_rows_of_several_adapters_that_join_and_leave_write_what_each_would_alone(
    family: str, serving: Callable[[str], Served]
) -> None:
    served = serving(family)
    asked = [(("one", "two", "full")[number % 3], prompt) for number, prompt in enumerate(PROMPTS)]

    async def work() -> list[str]:
        async with running(served.entries, max_batch=4) as scheduler:
            first = asyncio.create_task(ask(scheduler, "one", PROMPTS[1], max_tokens=20))
            while not (scheduler.running or first.done()):
                await asyncio.sleep(0.001)
            answers = await asyncio.gather(
                *(ask(scheduler, model, prompt, max_tokens=6 + 7 * (n % 3)) for n, (model, prompt) in enumerate(asked))
            )
            return [(await first)[0], *(text for text, _ in answers)]

    first, *texts = asyncio.run(work())

    assert first == served.alone("one", [PROMPTS[1]])[0]
    expected = [served.alone(model, [prompt], 6 + 7 * (n % 3))[0] for n, (model, prompt) in enumerate(asked)]
    assert texts == expected
    assert len(set(texts)) > 3


def test_rows_that_memory_runs_out_on_are_given_up_and_the_others_stay_as_they_were(
    serving: Callable[[str], Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    served, sampled = serving("bart"), batch.sample_rows
    failures = iter([True])

    def short(scores: torch.Tensor, rows: list[Any]) -> list[batch.DrawnToken]:
        if len(rows) == 3 and next(failures, False):
            raise MemoryError
        return sampled(scores, rows)

    monkeypatch.setattr(batch, "sample_rows", short)

    async def work() -> list[Any]:
        async with running([served.entries[2]]) as scheduler:
            return await asyncio.gather(
                *(ask(scheduler, "full", prompt, max_tokens=20) for prompt in PROMPTS[:3]), return_exceptions=True
            )

    *kept, given_up = asyncio.run(work())

    assert isinstance(given_up, RequestRefused) and given_up.code == "out_of_memory"
    assert [text for text, _ in kept] == served.alone("full", PROMPTS[:2])


def test_a_prompt_has_the_whole_context_and_not_a_token_more(serving: Callable[[str], Served]) -> None:
    served = serving("bart")
    chat = served.student("full").chat
    fits = "b" * next(n for n in range(1, 400) if len(chat.prompt_ids(tiny.user("b" * (n + 1)))) > 128)

    async def work() -> tuple[Any, RequestRefused]:
        async with running(served.entries) as scheduler:
            _, done = await ask(scheduler, "full", fits, max_tokens=4)
            with pytest.raises(RequestRefused) as refused:
                await ask(scheduler, "full", fits + "b" * 20, max_tokens=4)
            return done, refused.value

    done, refusal = asyncio.run(work())

    assert done.prompt_tokens == 128
    assert refusal.code == "context_length_exceeded"
    assert "128" in refusal.message


@pytest.mark.slow
def test_memory_counts_the_widest_prompt_and_the_longest_answer_apart(serving: Callable[[str], Served]) -> None:
    served = serving("t5")
    model = served.student("full").model
    per_token = kv_bytes_per_token(model)

    async def work() -> list[int]:
        async with running(served.entries) as scheduler:
            lease = await scheduler.shelf.take("full")
            bytes_after_steps = watch_steps(scheduler, lease.network.batch)
            # The first row may not end before the second has come.
            both_have_come = threading.Event()
            scheduler.compute.submit(both_have_come.wait, 60)
            asks = [("b " * 40, 4), ("a", 60)]
            rows = [await scheduler.ask(question("full", prompt, tokens)) for prompt, tokens in asks]
            both_have_come.set()
            await asyncio.gather(*map(answer, rows))
            await scheduler.shelf.release(lease)
            return bytes_after_steps

    most = max(asyncio.run(work()))

    assert per_token == 2 * 2 * 4 * 8 * 4
    prompt = len(served.student("full").chat.prompt_ids(tiny.user("b " * 40)))
    assert most == 2 * (prompt + 60 + 64) * per_token


def question(model: str, prompt: str, tokens: int) -> GenerateRequest:
    asked = {"model": model, "messages": tiny.user(prompt), "max_tokens": tokens}
    return GenerateRequest.model_validate(asked)


def watch_steps(scheduler: Scheduler, batch: Any) -> list[int]:
    """What keys and values came to after each step of a batch."""
    step, found = batch.step, []

    def watched(newcomers: Any) -> Any:
        shown = step(newcomers)
        found.append(scheduler.kv_bytes)
        return shown

    batch.step = watched
    return found
