"""The untrained network already looks back, and copies better than chance."""

import pytest
import torch

from demo.student import architecture
from demo.student.tokenizer import VOCABULARY

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def model() -> architecture.LlamaForCausalLM:
    return architecture.build_model(seed=1)


def test_the_same_seed_builds_the_same_network(model: architecture.LlamaForCausalLM) -> None:
    again = architecture.build_model(seed=1)

    assert all(torch.equal(one, other) for one, other in zip(model.parameters(), again.parameters(), strict=True))


def test_one_head_starts_on_the_token_before(model: architecture.LlamaForCausalLM) -> None:
    model.set_attn_implementation("eager")
    ids = torch.randint(10, VOCABULARY, (1, 200), generator=torch.Generator().manual_seed(1))

    with torch.inference_mode():
        first = model(input_ids=ids, output_attentions=True).attentions[0][0, 0]  # (T, T)

    assert first.diagonal(-1).mean() > 0.8


def test_one_head_starts_on_what_followed_the_same_token(model: architecture.LlamaForCausalLM) -> None:
    model.set_attn_implementation("eager")
    once = torch.randperm(VOCABULARY, generator=torch.Generator().manual_seed(2))[:100]
    ids = torch.cat([once, once])[None]

    with torch.inference_mode():
        second = model(input_ids=ids, output_attentions=True).attentions[1][0, 0]  # (T, T)

    assert second[100:].diagonal(1).mean() > 0.6


def test_an_untrained_network_predicts_repeats_better_than_chance(model: architecture.LlamaForCausalLM) -> None:
    once = torch.randperm(VOCABULARY, generator=torch.Generator().manual_seed(3))[:100]
    ids = torch.cat([once, once])[None]

    with torch.inference_mode():
        guessed = model(input_ids=ids).logits[0, 100:-1].argmax(-1)

    assert (guessed == ids[0, 101:]).float().mean() > 0.2
