"""One optimiser step of the engine on tensors without content, and the bytes alive at its peak.

The model, adapters, loss, packed attention, recomputation, clipping and AdamW are the engine's own; torch's fake
tensors carry shapes and formats only, so a student of 12 B parameters takes seconds and no memory. Every operation is
watched, on the way back too: a storage counts from when it is made until nothing holds it. Where a GPU's kernel cannot
even be pretended on a CPU, something that keeps the same tensors stands in: variable-length flash attention, and fused
dropout. What a driver or an allocator adds is not seen.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest import mock

import torch
from torch import Tensor, distributed, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.tensor import DTensor
from torch.testing._internal.distributed.fake_pg import FakeStore
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter
from transformers import AutoModelForCausalLM, PretrainedConfig

from training.engine import optimization
from training.engine.distributed import fsdp
from training.engine.loss import supervised_head
from training.engine.model import lora, packed_attention
from training.engine.model.packed_reading import PackedReading
from training.recipes.schema import Recipe
from training.sizing.shape import Shape, shape_of


class Alive(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts bytes of storages that something still holds, and the most there were."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.bytes: int = 0
        self.peak: int = 0
        self._held: dict[int, tuple[int, Any]] = {}

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = function(*args, **(kwargs or {}))
        for leaf in tree_iter(made):
            if isinstance(leaf, Tensor):
                # Of a tensor in parts this process holds its own.
                self._hold((leaf._local_tensor if isinstance(leaf, DTensor) else leaf).untyped_storage())
        return made

    def resized(self, storage: Any) -> None:
        """Take note that a storage has another size: a gathered layer comes into one, and is let go from it."""
        if (key := storage._cdata) in self._held:
            size, reference = self._held[key]
            self._held[key] = (storage.nbytes(), reference)
            self.bytes += storage.nbytes() - size
            self.peak = max(self.peak, self.bytes)

    def _hold(self, storage: Any) -> None:
        key = storage._cdata
        if key in self._held:
            return
        self._held[key] = (storage.nbytes(), weakref.ref(storage, lambda _: self._drop(key)))
        self.bytes += storage.nbytes()
        self.peak = max(self.peak, self.bytes)

    def _drop(self, key: int) -> None:
        self.bytes -= self._held.pop(key, (0, None))[0]


def shape_of_config(config: PretrainedConfig) -> Shape:
    """A shape as a folder with this config and its weights tells it."""
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)  # type: ignore[no-untyped-call]
    weights = {name: tuple(parameter.shape) for name, parameter in model.named_parameters()}
    return shape_of(config.to_dict() | {"model_type": config.model_type}, weights)


def peak_bytes(
    config: PretrainedConfig, recipe: Recipe, tokens: int, supervised: int, *, passes: int = 1,
    mesh: DeviceMesh | None = None,
) -> int:  # fmt: skip
    """Bytes of tensors at the peak of the second optimiser step, on one packed row of `tokens`.

    Args:
        config: Of the student.
        recipe: `dtype` bf16 or fp32, `gradient_checkpointing` on or off.
        tokens: In each forward pass.
        supervised: How many of them are.
        passes: Forward passes in the step.
        mesh: Of a recipe that is sharded (`processes_that_answer_nothing`): bytes are those of one process.
    """
    half = torch.bfloat16 if recipe.dtype == "bf16" else None
    with torch.device("meta"):
        weights = half if half and recipe.method == "lora" else torch.float32
        model: Any = AutoModelForCausalLM.from_config(config, dtype=weights)  # type: ignore[no-untyped-call]
    if recipe.method == "lora":
        rank = recipe.rank_for(sum(parameter.numel() for parameter in model.parameters()))
        model = lora.attach(model, rank=rank, alpha=recipe.alpha, dropout=recipe.dropout, seed=1)
    if recipe.gradient_checkpointing == "on":
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    with _as_on_a_gpu(half), FakeTensorMode(allow_non_fake_inputs=True), Alive() as alive, _resizing(alive):
        _fill(model)
        _mix(model, half)
        head = supervised_head.SupervisedHead(model.train())
        if mesh is not None:
            _shard(model, mesh, layers_in=half if recipe.method == "full" else None)
        optimizer = optimization.adamw(model.parameters(), recipe)
        # The first step is there for what AdamW keeps from it on; one pass makes that.
        for times in (1, passes):
            alive.peak = alive.bytes
            for _ in range(times):
                _pass(model, head, tokens, supervised)
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        most: int = alive.peak
    return most


@contextmanager
def processes_that_answer_nothing(count: int) -> Iterator[DeviceMesh]:
    """A mesh of which this process is the first of `count`; what it sends is lost, and what it hears has no content."""
    distributed.init_process_group("fake", rank=0, world_size=count, store=FakeStore())
    try:
        yield init_device_mesh("cpu", (count,))
    finally:
        distributed.destroy_process_group()


def _shard(model: Any, mesh: DeviceMesh, *, layers_in: torch.dtype | None) -> None:
    accelerator: Any = SimpleNamespace(device=torch.device("cpu"), num_processes=mesh.size())
    with mock.patch.object(fsdp, "init_device_mesh", return_value=mesh):
        fsdp.shard(model, accelerator, layers_in=layers_in)


@contextmanager
def _resizing(alive: Alive) -> Iterator[None]:
    plain = torch.UntypedStorage.resize_

    def resize(storage: Any, size: int) -> Any:
        found = plain(storage, size)
        alive.resized(storage)
        return found

    with mock.patch.object(torch.UntypedStorage, "resize_", resize):
        yield


def _pass(model: Any, head: supervised_head.SupervisedHead, tokens: int, supervised: int) -> None:
    bounds = torch.tensor([0, tokens], dtype=torch.int32)
    with PackedReading(model):
        total = head.loss(
            model, torch.zeros(1, tokens, dtype=torch.long), torch.arange(supervised),
            torch.zeros(supervised, dtype=torch.long), position_ids=torch.arange(tokens).unsqueeze(0),
            cu_seq_lens_q=bounds, cu_seq_lens_k=bounds, max_length_q=tokens, max_length_k=tokens,
        )  # fmt: skip
        total.backward()  # type: ignore[no-untyped-call]


def _mix(model: Any, half: torch.dtype | None) -> None:
    """Autocast the forward pass, as accelerate does."""
    plain = model.forward

    def forward(*args: Any, **kwargs: Any) -> Any:
        with torch.autocast("cpu", half or torch.bfloat16, enabled=half is not None, cache_enabled=False):
            return plain(*args, **kwargs)

    model.forward = forward


def _fill(model: nn.Module) -> None:
    """Give parameters and buffers that are shapes only (meta) a storage; tied ones one."""
    made: dict[int, nn.Parameter] = {}
    for part in model.modules():
        for name, parameter in part._parameters.items():
            if parameter is not None:
                empty = torch.empty(parameter.shape, dtype=parameter.dtype)
                made.setdefault(id(parameter), nn.Parameter(empty, requires_grad=parameter.requires_grad))
                part._parameters[name] = made[id(parameter)]
        for name, buffer in part._buffers.items():
            if buffer is not None:
                part._buffers[name] = torch.empty(buffer.shape, dtype=buffer.dtype)


@contextmanager
def _as_on_a_gpu(half: torch.dtype | None) -> Iterator[None]:
    stand_ins: list[tuple[Any, str, Callable[..., Any]]] = [
        (packed_attention, "_half_of", lambda query: half),
        (packed_attention, "_varlen", lambda q, k, v, *_: _attend(q, k, v)),
        (packed_attention, "_row_by_row", lambda q, k, v, *_: torch.cat([_attend(q, k, v)], dim=1)),
        (nn.functional, "dropout", lambda x, p, training, inplace=False: torch.native_dropout(x, p, training)[0]),
        # The head tries the model out to learn this; scores without content tell nothing.
        (supervised_head, "_ends_model", lambda *_: True),
    ]
    patches: list[Any] = [mock.patch.object(where, name, stand_in) for where, name, stand_in in stand_ins]
    patches.append(mock.patch.object(supervised_head, "BLOCK_BYTES", supervised_head.GPU_BLOCK_BYTES))
    for patch in patches:
        patch.start()
    try:
        yield
    finally:
        for patch in patches:
            patch.stop()


def _attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    q, k, v = (each.squeeze(0).transpose(0, 1) for each in (query, key, value))
    found: Tensor = _Attention.apply(q, k, v)  # type: ignore[no-untyped-call]
    return found.unsqueeze(0)


class _Attention(torch.autograd.Function):
    """Keeps what flash attention keeps: queries, keys, values, its output, and a logarithm for each query and head."""

    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        found = torch.empty_like(q)
        ctx.save_for_backward(q, k, v, found, q.new_empty(q.shape[:2], dtype=torch.float32))
        return found

    @staticmethod
    def backward(ctx: Any, _: Tensor) -> tuple[Tensor, ...]:
        q, k, v, *_rest = ctx.saved_tensors
        return torch.empty_like(q), torch.empty_like(k), torch.empty_like(v)
