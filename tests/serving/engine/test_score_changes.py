"""Penalties and biases: OpenAI's formula beside a plain forward pass, in a batch and alone."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import torch

from serving.engine.contracts import GenerateRequest
from serving.engine.errors import RequestRefused
from serving.engine.scheduler import Scheduler
from serving.engine.score_changes import score_changes
from tests.serving import tiny
from tests.serving.engine.conftest import Zoo, answer, ask
from training.engine.contracts import StudentRef
from training.engine.model import loading

pytestmark = pytest.mark.engine
PENALTIES = {
    "presence_penalty": 0.7,
    "frequency_penalty": 0.4,
    "repetition_penalty": 1.3,
    "logit_bias": {7: 3.0, 9: -100},
}


def request(**options: Any) -> GenerateRequest:
    asked = {"model": "full", "messages": tiny.user("company: Lattice"), "max_tokens": 12, "form": "text"}
    return GenerateRequest.model_validate(asked | options)


def penalized(scores: torch.Tensor, prompt: list[int], written: list[int]) -> torch.Tensor:
    """Scores by the documented formulas, token by token."""
    counts, changed = Counter(written), scores.clone()
    for token in {*prompt, *written}:
        changed[token] = changed[token] / 1.3 if changed[token] > 0 else changed[token] * 1.3
    for token, count in counts.items():
        changed[token] -= count * 0.4 + 0.7
    changed[7] += 3.0
    changed[9] -= 100
    return changed


def test_scores_change_by_the_documented_formulas_and_a_step_done_again_changes_nothing() -> None:
    dice = torch.Generator().manual_seed(3)
    prompt, written = [1, 2, 3, 7], [5, 5, 9, 2, 5, 7]
    changes = score_changes(request(**PENALTIES), prompt, 40)
    assert changes is not None

    for at in range(len(written) + 1):
        scores = torch.randn(40, generator=dice)
        first, again = scores.clone(), scores.clone()
        changes.apply(first, written[:at])
        changes.apply(again, written[:at])
        torch.testing.assert_close(first, penalized(scores, prompt, written[:at]))
        assert torch.equal(first, again)


def test_a_forbidden_token_stays_forbidden_and_a_plain_request_has_no_changes() -> None:
    changes = score_changes(request(logit_bias={3: 100}, repetition_penalty=1.5), [3], 8)
    scores = torch.zeros(8).index_fill_(0, torch.tensor([3]), -torch.inf)
    assert changes is not None
    changes.apply(scores, [])

    assert scores[3] == -torch.inf and not scores.isnan().any()
    assert score_changes(request(presence_penalty=0.0, logit_bias={}), [3], 8) is None


def test_a_bias_for_a_token_that_is_not_there_is_refused(serve: Callable[..., Any]) -> None:
    async def work(scheduler: Scheduler) -> RequestRefused:
        with pytest.raises(RequestRefused) as refused:
            await scheduler.ask(request(logit_bias={99_999_999: 5}))
        return refused.value

    refusal = serve(work)

    assert (refusal.status, refusal.code) == (400, "invalid_logit_bias")
    assert "tokens from 0 to" in refusal.message


@pytest.mark.slow
def test_the_engine_writes_what_the_formulas_say_alone_and_beside_plain_rows(
    zoo: Zoo, serve: Callable[..., Any]
) -> None:
    async def work(scheduler: Scheduler) -> Any:
        alone = await scheduler.ask(request(**PENALTIES))
        await answer(alone)
        row, *others = [
            await scheduler.ask(request(**options)) for options in (PENALTIES, {}, {"temperature": 1.0, "seed": 3})
        ]
        together = await asyncio.gather(answer(row), *map(answer, others))
        return alone.written, row.written, together[1], await ask(scheduler, "full", "company: Lattice", max_tokens=12)

    alone, together, plain_beside, plain = serve(work)

    student = loading.load(StudentRef(path=str(zoo.full)), dtype=torch.float32)
    prompt, written = student.chat.prompt_ids(tiny.user("company: Lattice")), list[int]()
    with torch.inference_mode():
        for _ in alone:
            scores = student.model(input_ids=torch.tensor([[*prompt, *written]])).logits[0, -1].float()
            written.append(int(penalized(scores, prompt, written).argmax()))
    assert alone == together == written
    assert plain_beside[0] == plain[0]


def test_the_likeliest_tokens_are_told_by_the_model_s_own_softmax(serve: Callable[..., Any]) -> None:
    async def work(scheduler: Scheduler) -> Any:
        told = {"logprobs": True, "top_logprobs": 3, "max_tokens": 4}
        rows = [await scheduler.ask(request(**told, **more)) for more in ({}, {"logit_bias": {7: 100}})]
        return [(row, (await answer(row))[1]) for row in rows]

    (plain, done), (biased, _) = serve(work)

    assert plain.written[0] != biased.written[0] == 7
    assert all(len(likeliest) == 3 for _, _, likeliest in done.tokens)
    # The bias changes what is drawn, and nothing that is told of the model's own probabilities.
    assert [token for token, _ in biased.likeliest[0]] == [token for token, _ in plain.likeliest[0]]
    assert biased.likeliest[0][0][1] == pytest.approx(plain.log_probs[0], abs=1e-5)
