"""Sharding a model (FSDP2): every process keeps its part of each weight, and a layer is whole only while it is used.

PyTorch's `fully_shard` is used as it is, not accelerate's way to it: that one moves weights to fp32 on its own, does
not know gloo, and lost adapters of all processes but the first until late in 2026 (accelerate#4206). accelerate
launches, lowers precision and sums up as it does under DDP. How parts become whole tensors again is `gather`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from accelerate import Accelerator
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard
from transformers.modeling_layers import GradientCheckpointingLayer

if TYPE_CHECKING:
    from training.engine.model_types import CausalModel


@contextmanager
def one_at_a_time(accelerator: Accelerator, *, is_sharded: bool) -> Iterator[None]:
    """Let the processes through one after another, so that a host holds one whole student at a time, not one for each.

    Nothing within may wait for another process. What is raised within ends this process, and the launcher ends the
    others.

    Args:
        is_sharded: Whether they take turns; else all go at once.
    """
    before = accelerator.process_index if is_sharded else 0
    after = accelerator.num_processes - before if is_sharded else 0
    for _ in range(before):
        accelerator.wait_for_everyone()
    yield
    for _ in range(after):
        accelerator.wait_for_everyone()


def prepare(accelerator: Accelerator, model: CausalModel, optimizer: torch.optim.Optimizer) -> tuple[Any, Any]:
    """Model and optimiser as accelerate wraps them; a sharded model gets only its precision, no copy to a process."""
    if not is_sharded(model):
        wrapped, prepared = accelerator.prepare(model, optimizer)
        return wrapped, prepared
    return accelerator.prepare_model(model, evaluation_mode=True), accelerator.prepare_optimizer(optimizer)


def shard(model: CausalModel, accelerator: Accelerator, *, layers_in: torch.dtype | None) -> Any:
    """Keep of every weight the part that is this process's, on its device; each decoder layer is gathered as one.

    Weights outside of layers (embeddings, last norm, output layer) are one unit, whole from a step's first forward pass
    to the end of its way back, since loss and output layer are computed outside of the model's own pass. No process
    asks another: each cuts its part from the weights it has read. At any time one layer at most is whole on the device.

    Args:
        model: Read on the CPU, with adapters, the same on every process; changed in place.
        layers_in: Format that layers are gathered in, with gradients summed in fp32; None leaves weights as they are.
    """
    mesh = init_device_mesh(accelerator.device.type, (accelerator.num_processes,))
    # Inputs stay as they are: a residual stream in fp32 is one under every strategy.
    policy = MixedPrecisionPolicy(
        param_dtype=layers_in, reduce_dtype=None if layers_in is None else torch.float32, cast_forward_inputs=False
    )
    for layer in [part for part in model.modules() if isinstance(part, GradientCheckpointingLayer)]:
        fully_shard(layer, mesh=mesh, mp_policy=policy, reshard_after_forward=True)
    return fully_shard(
        model, mesh=mesh, mp_policy=MixedPrecisionPolicy(cast_forward_inputs=False), reshard_after_forward=False
    )


def is_sharded(model: CausalModel) -> bool:
    """Return whether its weights lie with several processes: then all of them must make every forward pass together."""
    return isinstance(model, FSDPModule)


def reshard(model: CausalModel) -> None:
    """Forget weights that are still gathered: call it when the parts have been written to."""
    if isinstance(model, FSDPModule):
        model.reshard()
