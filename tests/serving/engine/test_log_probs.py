"""How sure a miniature was of its words: by the model's own softmax, whatever was asked of its draws."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import torch

from serving.engine.contracts import GenerateRequest
from serving.engine.scheduler import Scheduler
from tests.serving import tiny
from tests.serving.engine.conftest import Zoo, answer, ask
from training.engine.contracts import StudentRef
from training.engine.model import loading

pytestmark = pytest.mark.engine
PROMPTS = ["a", "a much longer prompt " * 8, "medium prompt", "company: Lattice"]
HOT = {"temperature": 1.2, "top_p": 0.7, "seed": 5}


def asked_of(model: str, prompt: str, **options: Any) -> GenerateRequest:
    return GenerateRequest.model_validate(
        {"model": model, "messages": tiny.user(prompt), "max_tokens": 30, "stream": False} | options
    )


def mean_by_one_pass(zoo: Zoo, prompt: str, written: list[int]) -> float:
    """The mean by a plain forward pass over prompt and answer."""
    student = loading.load_tuned(
        loading.load(StudentRef(path=str(zoo.base)), dtype=torch.float32), zoo.one, merge=False
    )
    before = student.chat.prompt_ids(tiny.user(prompt))
    with torch.inference_mode():
        logits = student.model(input_ids=torch.tensor([[*before, *written]])).logits[0, len(before) - 1 : -1]
    told = logits.float().log_softmax(dim=1).gather(1, torch.tensor(written).unsqueeze(1))
    return float(told.mean())


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    "options",
    [{}, HOT, {"form": "json_object"}, {"logit_bias": {"60": 9.0}}],
    ids=["likeliest", "drawn", "held", "biased"],
)
def test_the_mean_is_that_of_a_plain_forward_pass_alone_and_in_a_batch(
    zoo: Zoo, serve: Callable[..., Any], options: dict[str, Any]
) -> None:
    async def work(scheduler: Scheduler) -> Any:
        rows = [await scheduler.ask(asked_of("one", prompt, **options)) for prompt in PROMPTS]
        together = await asyncio.gather(*map(answer, rows), return_exceptions=True)
        alone = await scheduler.ask(asked_of("one", PROMPTS[2], **options))
        await asyncio.gather(answer(alone), return_exceptions=True)
        return rows, together, alone

    rows, together, alone = serve(work)

    for row, prompt in zip([*rows, alone], [*PROMPTS, PROMPTS[2]], strict=True):
        assert row.done.mean_log_prob == pytest.approx(mean_by_one_pass(zoo, prompt, row.written), abs=1e-4)
        assert len(row.log_probs) == len(row.written)
    assert alone.written == rows[2].written
    if not options:
        assert [done.mean_log_prob for _, done in together] == [row.done.mean_log_prob for row in rows]


def test_tokens_are_told_where_they_are_asked_for_and_spell_the_answer(serve: Callable[..., Any]) -> None:
    async def work(scheduler: Scheduler) -> Any:
        row = await scheduler.ask(asked_of("one", "medium prompt", logprobs=True))
        return *await answer(row), row, await ask(scheduler, "one", "medium prompt")

    text, done, row, (again, plain) = serve(work)

    assert again == text and plain.tokens is None and plain.mean_log_prob == done.mean_log_prob
    assert "".join(piece for piece, *_ in done.tokens).strip() == text
    assert [round(value, 6) for value in row.log_probs[: len(done.tokens)]] == [value for _, value, _ in done.tokens]
    assert all(value <= 0 and likeliest == [] for _, value, likeliest in done.tokens)


def test_tokens_behind_a_stop_are_left_out(serve: Callable[..., Any]) -> None:
    async def work(scheduler: Scheduler) -> Any:
        text, _ = await ask(scheduler, "one", "medium prompt")
        return text, await ask(scheduler, "one", "medium prompt", stop=[text[8:11]], logprobs=True)

    whole, (text, done) = serve(work)

    spelled = "".join(piece for piece, *_ in done.tokens)
    assert text == whole[: whole.index(whole[8:11])].strip()
    assert text in spelled and len(done.tokens) <= done.completion_tokens
