"""Adapters under autocast: their input is read as it is, and what is learnt stays the same."""

from __future__ import annotations

import pytest
import torch
from peft.tuners.lora import LoraLayer
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import AutoModelForCausalLM

from training.engine.model import lora

pytestmark = pytest.mark.engine

IDS = torch.arange(24).reshape(1, 24) + 5


class Casts(TorchDispatchMode):
    """Counts tensors that are lifted to fp32."""

    def __init__(self) -> None:
        super().__init__()
        self.lifted = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        if function is torch.ops.aten._to_copy.default and made.dtype == torch.float32 and made.dim() == 3:
            self.lifted += 1
        return made


def adapted(student, *, spared: bool):
    model = AutoModelForCausalLM.from_pretrained(student("llama"), dtype=torch.bfloat16)
    tuned = lora.attach(model, rank=4, alpha=8, dropout=0.0, seed=1)
    if not spared:
        for layer in tuned.modules():
            if isinstance(layer, LoraLayer):
                del layer._cast_input_dtype
    with torch.no_grad():
        for name, parameter in tuned.named_parameters():
            if "lora_B" in name:
                parameter.normal_(generator=torch.Generator().manual_seed(len(name)), std=0.05)
    return tuned.train()


def learn(model):
    with torch.autocast("cpu", torch.bfloat16), Casts() as casts:
        scores = model(input_ids=IDS, use_cache=False).logits
    scores.float().square().mean().backward()
    return casts.lifted, scores, {name: p.grad for name, p in model.named_parameters() if p.grad is not None}


@pytest.mark.slow
def test_no_adapter_lifts_its_input_under_autocast_and_gradients_are_the_same(student):
    plain, spared = adapted(student, spared=False), adapted(student, spared=True)
    layers = sum(isinstance(layer, LoraLayer) for layer in spared.modules())

    many, scores, gradients = learn(plain)
    few, same_scores, same_gradients = learn(spared)

    assert many - few == layers
    torch.testing.assert_close(same_scores, scores, atol=0, rtol=0)
    assert gradients.keys() == same_gradients.keys()
    for name, gradient in gradients.items():
        # A gradient of the input is added up in bf16 instead of fp32.
        torch.testing.assert_close(
            same_gradients[name], gradient, atol=2e-2 * float(gradient.abs().max()), rtol=0.1, msg=name
        )


def test_without_autocast_a_half_precision_input_is_still_lifted(student):
    model = adapted(student, spared=True)

    scores = model(input_ids=IDS, use_cache=False).logits

    assert torch.isfinite(scores).all()
