"""One of two processes that hold a model in parts: tells what it holds. Run by `pair.py`."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from accelerate import Accelerator
from torch.distributed.tensor import DTensor
from transformers import LlamaConfig, LlamaForCausalLM

from training.engine import optimization
from training.engine.distributed import fsdp, gather
from training.engine.model import lora
from training.recipes.schema import Recipe

SHAPE = {
    # Odd sizes: parts are not all alike, and one process has less than the other.
    "vocab_size": 97, "hidden_size": 40, "intermediate_size": 51, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 64, "tie_word_embeddings": True,
}  # fmt: skip


def local_bytes(tensors):
    return sum(t.to_local().numel() * t.element_size() for t in tensors if isinstance(t, DTensor))


def moments(optimizer):
    return [value for state in optimizer.state.values() for name, value in state.items() if name != "step"]


def tell(out: Path) -> None:
    """Shard, step, put together, take apart again."""
    accelerator = Accelerator(cpu=True)
    with fsdp.one_at_a_time(accelerator, is_sharded=True):
        with (out / "turns").open("a") as file:
            file.write(f"in {accelerator.process_index}\n")
        torch.manual_seed(3)
        model = LlamaForCausalLM(LlamaConfig(**SHAPE))
        before = {name: value.clone() for name, value in model.named_parameters()}
        fsdp.shard(model, accelerator, layers_in=None)
        with (out / "turns").open("a") as file:
            file.write(f"out {accelerator.process_index}\n")
    optimizer = optimization.adamw(model.parameters(), Recipe(method="full"))
    held = local_bytes(model.parameters())
    tuned = lora.tuned_parameters(model)
    gathered = gather.full_tensors(tuned, keep=True)
    as_read = all(torch.equal(gathered[name], before[name]) for name in before)
    ids = torch.arange(24).view(2, 12) + accelerator.process_index
    model(input_ids=ids, labels=ids).loss.backward()
    gradients = local_bytes([p.grad for p in model.parameters()])
    optimizer.step()
    optimizer.zero_grad()
    saved = gather.full_state(optimizer.state_dict(), keep=True)
    stepped = gather.full_tensors(tuned, keep=True)
    fresh = optimization.adamw(model.parameters(), Recipe(method="full"))
    fresh.load_state_dict(gather.local_state(saved, fresh))
    same_state = all(
        torch.equal(one.to_local(), two.to_local()) for one, two in zip(moments(fresh), moments(optimizer), strict=True)
    )
    for name, parameter in tuned.items():
        gather.copy_part(parameter, before[name])
    restored = gather.full_tensors(tuned, keep=True)
    answer = {
        "held": held, "gradients": gradients, "moments": local_bytes(moments(optimizer)),
        "all": sum(value.numel() * 4 for value in before.values()), "as_read": as_read,
        "changed": any(not torch.equal(stepped[name], before[name]) for name in before), "same_state": same_state,
        "restored": all(torch.equal(restored[name], before[name]) for name in before),
        "kept_by_others": len(gather.full_tensors(tuned, keep=False)),
        "full_moments": all(
            type(value) is torch.Tensor for state in saved["state"].values() for value in state.values()
        ),
    }  # fmt: skip
    (out / f"{accelerator.process_index}.json").write_text(json.dumps(answer))
