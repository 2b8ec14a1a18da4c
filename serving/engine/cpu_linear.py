"""Linear layers on a CPU: those of one input joined, weights in half precision where it holds them, adapters beside.

A product with one row is bound by what it reads: fp16 weights of fp32 activations (FBGEMM) take a fifth of the time of
fp32 weights. Each row of a batch may go through another adapter.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import partial
from math import gcd
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

# Largest error of a weight in fp16, as a share of its matrix's largest: what fp32 sums lose anyway.
_HELD: Final = 2.0**-20
# Rows for which fp32 weights are laid out.
_ROWS: Final = 8
Product = Callable[[Tensor], Tensor]


class Slots:
    """Adapter slot of each row of a pass.

    Attributes:
        shared: The slot of all rows; None where they differ.
        last: The highest.
    """

    def __init__(self, slots: Sequence[int]) -> None:
        self.slots, self.last = list(slots), max(slots)
        self.shared = self.last if len(set(slots)) == 1 else None
        self._places: dict[tuple[int, int], tuple[Tensor, Tensor]] = {}

    def sums(self, table: Tensor, height: int, size: int, weights: Tensor) -> Tensor:
        """Weighted sums of so many rows each of the slots' parts of a table.

        Args:
            table: A part of a height for each slot, one below the other, (slots * height, w).
            weights: For each row of the slots' parts, (B, height) in any shape.

        Returns:
            (B * height / size, w).
        """
        if (height, size) not in self._places:
            places = (torch.tensor(self.slots).unsqueeze(1) * height + torch.arange(height)).flatten()
            self._places[height, size] = places, torch.arange(0, len(places), size)
        places, begins = self._places[height, size]
        sums: Tensor = torch.embedding_bag(table, places, begins, False, 0, False, weights.flatten())[0]
        return sums


class JoinedLinear:
    """Linear layers of the same input as one product, (N, in) to (N, out), with low-rank pairs beside it.

    Args:
        linears: By name; their own weights are given up.
        orders: By name, the order of outputs, where it is not their own.
        is_small: Whether one thread computes.
    """

    def __init__(self, linears: dict[str, nn.Linear], orders: dict[str, Tensor], *, is_small: bool) -> None:
        self.names = linears.keys()
        self._outs = {name: linear.out_features for name, linear in linears.items()}
        self._width = next(iter(linears.values())).in_features
        self._orders = orders
        weight = torch.cat([self._ordered(name, linear.weight.detach()) for name, linear in linears.items()])
        biases = [self._ordered(name, linear.bias) for name, linear in linears.items() if linear.bias is not None]
        self._product, self.bytes = _product(weight, torch.cat(biases).detach() if biases else None, is_small)
        for linear in linears.values():
            give_up(linear)
        # By slot, the pair of each layer; and one pair for all, its up with zeros between blocks.
        self._own: dict[int, list[tuple[Tensor, Tensor]]] = {}
        self._pairs: dict[int, tuple[Tensor, Tensor]] = {}
        # Outputs in blocks of one width, and the layer that each is of.
        self._block = gcd(*self._outs.values())
        self._owners = torch.tensor(
            [at for at, out in enumerate(self._outs.values()) for _ in range(out // self._block)]
        )
        # Pairs of the first so many slots one below the other: (slots * in, layers * r) and (slots * blocks * r, w).
        self._stacked = 0
        self._downs = self._ups = torch.empty(0)

    def __call__(self, x: Tensor, slots: Slots) -> Tensor:
        y = self._product(x)
        if not self._pairs or slots.shared == 0:
            return y
        if slots.shared is None:
            return y.add_(self._beside(x, slots).view_as(y))
        pair = self._pairs.get(slots.shared)
        return y if pair is None else y.addmm_(x @ pair[0], pair[1])

    def put(self, slot: int, pairs: dict[str, tuple[Tensor, Tensor]]) -> None:
        """Lay an adapter's pairs of these layers beside the weights, down (in, r) and up (r, out) of each."""
        none = torch.zeros(self._width, 0)
        own = [pairs.get(name, (none, torch.zeros(0, out))) for name, out in self._outs.items()]
        downs = [down.float() for down, _ in own]
        ups = [self._ordered(name, up.float().T).T for name, (_, up) in zip(self._outs, own, strict=True)]
        self._own[slot] = list(zip(downs, ups, strict=True))
        self._pairs[slot], self._stacked = (torch.cat(downs, dim=1), torch.block_diag(*ups)), 0

    def drop(self, slot: int) -> None:
        self._pairs.pop(slot, None)
        self._own.pop(slot, None)
        self._stacked = 0

    def _beside(self, x: Tensor, slots: Slots) -> Tensor:
        """Rows through their own pairs: a product with a row's part of a table is a weighted sum of the part's rows."""
        if slots.last >= self._stacked:
            self._stack(1 + max(slots.last, *self._pairs))
        middle = slots.sums(self._downs, self._width, self._width, x)
        if len(self._owners) != len(self._outs):
            middle = middle.view(len(x), -1, self._rank)[:, self._owners]
        return slots.sums(self._ups, len(self._owners) * self._rank, self._rank, middle)

    def _stack(self, slots: int) -> None:
        """Lay the pairs of so many slots one below the other, padded with zeros."""
        rank = self._rank = max(down.shape[1] for own in self._own.values() for down, _ in own)
        downs = torch.zeros(slots, self._width, len(self._outs), rank)
        ups = torch.zeros(slots, len(self._owners), rank, self._block)
        for slot, own in self._own.items():
            for number, (down, up) in enumerate(own):
                downs[slot, :, number, : down.shape[1]] = down
                ups[slot, self._owners == number, : len(up)] = up.unflatten(1, (-1, self._block)).transpose(0, 1)
        self._downs, self._ups, self._stacked = downs.flatten(2).flatten(0, 1), ups.flatten(0, 2), slots

    def _ordered(self, name: str, outputs: Tensor) -> Tensor:
        return outputs[self._orders[name]] if name in self._orders else outputs


def give_up(module: Any) -> None:
    """Let a module's own weights go."""
    module.weight, module.bias = nn.Parameter(torch.empty(0), requires_grad=False), None


def _product(weight: Tensor, bias: Tensor | None, is_small: bool) -> tuple[Product, int]:
    """A product with a weight, (out, in), by the fastest kernel of this host, and the bytes that it keeps."""
    if is_held(weight) and "fbgemm" in torch.backends.quantized.supported_engines:
        is_lone = is_small and hasattr(torch, "fbgemm_pack_gemm_matrix_fp16")
        return (_lone_half_product if is_lone else _half_product)(weight, bias), weight.nbytes // 2
    if not torch.backends.mkldnn.is_available():
        return partial(functional.linear, weight=weight, bias=bias), weight.nbytes
    # In oneDNN's own layout, as compiled models have it: half the time of a plain layer with eight rows.
    packed = torch.ops.mkldnn._reorder_linear_weight(weight, _ROWS)

    def product(x: Tensor) -> Tensor:
        return torch.ops.mkldnn._linear_pointwise(x, packed, bias, "none", [], "")  # type: ignore[no-any-return]

    return product, weight.nbytes


def _half_product(weight: Tensor, bias: Tensor | None) -> Product:
    packed = torch.ops.quantized.linear_prepack_fp16(weight, bias)

    def product(x: Tensor) -> Tensor:
        return torch.ops.quantized.linear_dynamic_fp16(x, packed)  # type: ignore[no-any-return]

    return product


def _lone_half_product(weight: Tensor, bias: Tensor | None) -> Product:
    """The same kernel on one thread, ten microseconds sooner; torch will close this door one day, as it warns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        packed = torch.fbgemm_pack_gemm_matrix_fp16(weight)
        torch.fbgemm_linear_fp16_weight_fp32_activation(weight[:1], packed, None)

    def product(x: Tensor) -> Tensor:
        return torch.fbgemm_linear_fp16_weight_fp32_activation(x, packed, bias)

    return product


def is_held(weight: Tensor) -> bool:
    """Return whether fp16 holds a weight as exactly as fp32 sums need it."""
    error = (weight.half().float() - weight).abs().max()
    return bool(error <= _HELD * weight.abs().max())
