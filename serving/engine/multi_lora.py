"""Many adapters on one base at once: each row of a batch goes through the base's weights and its own adapter.

A linear layer keeps its weight; the low-rank pairs of all adapters lie beside it in one stack, and rows pick theirs by
slot (the idea of Punica and S-LoRA, in plain matrix products). Slot 0 is zero: the base itself. Reads PEFT's files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import torch
from peft import LoraConfig
from peft.tuners.tuners_utils import check_target_module_exists
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from training.engine.contracts import TrainError
from training.engine.model import complete_weights
from training.engine.model.lora import WEIGHTS, scale_of
from training.engine.model.unloaded import LOAD_ERRORS

# Steps in a row that one adapter writes alone before its weights are folded, and the largest base folded beside itself.
FOLD_AFTER: Final = 4
FOLD_BYTES: Final = 512 << 20
_PREFIX: Final = "base_model.model."
_FACTORS: Final = ("A.weight", "B.weight")
_NOT_PLAIN: Final = ("use_dora", "rank_pattern", "alpha_pattern", "modules_to_save", "lora_bias")


class AdapterRoute:
    """Slot that each row of the batch under way takes; set before each forward pass, by the one compute thread.

    Attributes:
        rows: Slot of each row, (B,), where they differ.
        shared: The slot of all rows, where they do not.
        folded: The slot whose adapter is also there as whole weights.
    """

    def __init__(self, fold: Callable[[int], None]) -> None:
        self.rows: Tensor | None = None
        self.shared: int | None = 0
        self.folded: int | None = None
        self._fold, self._in_a_row = fold, 0

    def set(self, slots: Sequence[int], device: torch.device) -> None:
        alike = all(slot == slots[0] for slot in slots)
        before, self.shared = self.shared, slots[0] if alike else None
        self.rows = None if alike else torch.tensor(slots, device=device)
        self._in_a_row = self._in_a_row + 1 if alike and self.shared == before else 1
        if self.shared and self._in_a_row == FOLD_AFTER and self.folded != self.shared:
            self._fold(self.shared)


@dataclass(frozen=True)
class Adapter:
    """An adapter read from its files.

    Attributes:
        pairs: By layer, down (in, r) and up (r, out) with the scaling folded in.
        config: PEFT's, which says on which layers of a base it must be.
    """

    pairs: dict[str, tuple[Tensor, Tensor]]
    bytes: int
    config: LoraConfig


class StackedLinear(nn.Module):
    """A linear layer with a stack of low-rank pairs: (B, T, in) to (B, T, out)."""

    def __init__(self, base: nn.Linear, route: AdapterRoute) -> None:
        super().__init__()
        self.base, self.route = base, route
        self.pairs: dict[int, tuple[Tensor, Tensor]] = {}
        self.folded: Tensor | None = None
        self._downs: Tensor | None = None
        self._ups: Tensor | None = None

    @property
    def weight(self) -> Tensor:
        """The base's own weight: T5 asks its layers for their format."""
        return self.base.weight

    def fold(self, slot: int) -> None:
        """Keep base and adapter of a slot as one weight, beside the base's own."""
        down, up = self.pairs[slot]
        self.folded = torch.addmm(self.base.weight, up.T, down.T)

    def forward(self, x: Tensor) -> Tensor:
        if self.folded is not None and self.route.shared is not None and self.route.shared == self.route.folded:
            return functional.linear(x, self.folded, self.base.bias)
        plain: Tensor = self.base(x)
        if self.route.rows is not None:
            if self._downs is None or self._ups is None:
                return plain
            return plain + torch.bmm(torch.bmm(x, self._downs[self.route.rows]), self._ups[self.route.rows])
        pair = self.pairs.get(self.route.shared or 0)
        if pair is None:
            return plain
        # One product and sum in one, on the rows laid flat: a third of a small layer's time is the way into an
        # operator.
        flat = x.reshape(-1, x.shape[-1])
        return torch.addmm(plain.view(-1, plain.shape[-1]), flat @ pair[0], pair[1]).view(plain.shape)

    def stack(self, slots: int) -> None:
        """Lay the pairs into one stack of `slots` places, narrower ones padded with zeros, which change nothing."""
        if not self.pairs:
            self._downs = self._ups = None
            return
        weight = self.base.weight
        rank = max(down.shape[1] for down, _ in self.pairs.values())
        self._downs = weight.new_zeros(slots, self.base.in_features, rank)
        self._ups = weight.new_zeros(slots, rank, self.base.out_features)
        for slot, (down, up) in self.pairs.items():
            self._downs[slot, :, : down.shape[1]] = down
            self._ups[slot, : up.shape[0]] = up


class AdapterStack:
    """The adapters on one base model; its layers are wrapped in place when the first adapter needs them.

    `put` and `drop` must not run while the model computes.
    """

    def __init__(self, model: nn.Module) -> None:
        self._model, self.route = model, AdapterRoute(self.fold)
        weights = sum(p.numel() * p.element_size() for p in model.parameters())
        self._may_fold = weights <= FOLD_BYTES
        self._layers: dict[str, StackedLinear] = {}
        self._taken: set[int] = {0}

    def put(self, adapter: Adapter) -> int:
        """Lay an adapter beside the base; returns its slot.

        Raises:
            TrainError: It was made for another base, or lacks layers of this one.
        """
        check_adapter(adapter, dict(self._linears()))
        slot = free_slot(self._taken)
        for name, pair in adapter.pairs.items():
            self._layer(name).pairs[slot] = self._placed(pair)
        self._restack()
        return slot

    @torch.no_grad()
    def fold(self, slot: int) -> None:
        """Lay the adapter that all ask for into whole weights: a small model spends a third of its time on the pairs.

        One at a time, and only where the second copy of the weights is small. The base's own weights stay untouched.
        """
        if not self._may_fold:
            return
        for layer in self._layers.values():
            layer.folded = None
            if slot in layer.pairs:
                layer.fold(slot)
        self.route.folded = slot

    def drop(self, slot: int) -> None:
        if self.route.folded == slot:
            self.route.folded = None
            for layer in self._layers.values():
                layer.folded = None
        for layer in self._layers.values():
            layer.pairs.pop(slot, None)
        self._taken.discard(slot)
        self._restack()

    def _restack(self) -> None:
        with torch.no_grad():
            for layer in self._layers.values():
                layer.stack(max(self._taken) + 1)

    def _placed(self, pair: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        weight = next(self._model.parameters())
        return pair[0].to(weight), pair[1].to(weight)

    def _linears(self) -> Iterator[tuple[str, nn.Linear]]:
        for name, module in self._model.named_modules():
            if isinstance(module, StackedLinear):
                yield name, module.base
            elif isinstance(module, nn.Linear) and name.removesuffix(".base") not in self._layers:
                yield name, module

    def _layer(self, name: str) -> StackedLinear:
        if name not in self._layers:
            parent, _, last = name.rpartition(".")
            linear: Any = self._model.get_submodule(name)
            self._layers[name] = StackedLinear(linear, self.route)
            setattr(self._model.get_submodule(parent), last, self._layers[name])
        return self._layers[name]


def must_be_merged(folder: Path) -> bool:
    """Return whether an adapter changes more than linear layers, such as experts: rows cannot each have their own."""
    file = folder / "adapter_config.json"
    config = json.loads(file.read_text()) if file.is_file() else {}
    return bool(config.get("target_parameters") or config.get("fan_in_fan_out"))


def check_adapter(adapter: Adapter, linears: Mapping[str, nn.Linear]) -> None:
    """Refuse an adapter whose layers or widths differ from its config on a base with these linear layers.

    Raises:
        TrainError: It was made for another base, or lacks layers of this one.
    """
    meant = {name for name in linears if check_target_module_exists(adapter.config, name)}
    pairs = adapter.pairs.keys()
    complete_weights.require_adapter(meant - pairs, pairs - linears.keys(), name="the adapter")
    for name, (down, up) in adapter.pairs.items():
        if (down.shape[0], up.shape[1]) != (linears[name].in_features, linears[name].out_features):
            raise complete_weights.adapter_of_another_base(f"the adapter's weights for {name} are of another width")


def free_slot(taken: set[int]) -> int:
    """Take the lowest slot that is free."""
    slot = next(free for free in range(1, len(taken) + 1) if free not in taken)
    taken.add(slot)
    return slot


def read(folder: Path) -> Adapter:
    """Read an adapter as PEFT wrote it.

    Raises:
        TrainError: There is none, half of it is missing, or it is of a kind this engine does not apply.
    """
    if not (folder / "adapter_config.json").is_file():
        raise TrainError("no_adapter", f"{folder.name} holds no adapter")
    config = json.loads((folder / "adapter_config.json").read_text())
    odd = [name for name in _NOT_PLAIN if config.get(name)]
    if config.get("bias", "none") != "none":
        odd.append("bias")
    if odd:
        raise TrainError("adapter_kind", f"this engine applies plain LoRA adapters; this one uses {', '.join(odd)}")
    scaling = scale_of(config)
    try:
        tensors = load_file(str(folder / WEIGHTS))
        peft_config = cast(LoraConfig, LoraConfig.from_pretrained(str(folder)))
    except LOAD_ERRORS as error:
        raise complete_weights.adapter_of_another_base(f"{folder.name} cannot be read: {error}") from error
    factors: tuple[dict[str, Tensor], dict[str, Tensor]] = ({}, {})
    for key, tensor in tensors.items():
        name, _, factor = key.removeprefix(_PREFIX).rpartition(".lora_")
        if factor not in _FACTORS or not key.startswith(_PREFIX):
            raise TrainError("adapter_kind", f"the adapter holds {key}, which is not part of plain LoRA")
        factors[_FACTORS.index(factor)][name] = tensor
    downs, ups = factors
    complete_weights.require_adapter(downs.keys() ^ ups.keys(), (), name=folder.name)
    pairs = {name: (downs[name].T.contiguous(), (ups[name].T * scaling).contiguous()) for name in sorted(downs)}
    return Adapter(pairs, sum(tensor.numel() * tensor.element_size() for tensor in tensors.values()), peft_config)
