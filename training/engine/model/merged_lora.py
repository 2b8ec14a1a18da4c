"""A faster forward and backward pass for adapters on a CPU in fp32: the same sums, fewer of them.

PEFT computes `W x` and `s B A x` apart and adds them. With a batch of more tokens than the layer is wide it is cheaper
to add `s B A` to `W` first: one product forward, one back, and no passes over activations in between. Both factors get
the same gradients (chain rule; equal up to rounding). Half formats are left to PEFT, since a small update would be
rounded away in a merged half-precision weight, and so are dropout and single tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from peft.tuners.lora import Linear as LoraLinear
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

ADAPTER = "default"


def use_merged_forward(model: Any) -> int:
    """Give a PEFT model's plain fp32 adapters on a CPU the merged pass; returns how many got it."""
    layers = [module for module in model.modules() if isinstance(module, LoraLinear) and _is_plain(module)]
    for layer in layers:
        layer.forward = _merged_forward(layer, layer.forward)  # type: ignore[method-assign]
    return len(layers)


def _is_plain(layer: Any) -> bool:
    base = layer.get_base_layer()
    return (
        type(base) is nn.Linear
        and base.weight.device.type == "cpu"
        and base.weight.dtype == torch.float32
        and not base.weight.requires_grad
        and list(layer.lora_A) == [ADAPTER]
        and isinstance(layer.lora_dropout[ADAPTER], nn.Identity)
        and not layer.lora_variant
        and layer.lora_B[ADAPTER].bias is None
    )


def _merged_forward(layer: Any, plain: Callable[..., Tensor]) -> Callable[..., Tensor]:
    base, factors = layer.get_base_layer(), (layer.lora_A[ADAPTER], layer.lora_B[ADAPTER])
    out_width, in_width = base.weight.shape
    # Below this many tokens building the merged weight twice costs more than it saves.
    worthwhile = 2 * in_width * out_width // (in_width + out_width)

    def forward(x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        is_tuning = torch.is_grad_enabled() and not torch.is_autocast_enabled("cpu")
        if not is_tuning or x.numel() // in_width < worthwhile or layer.disable_adapters or layer.merged:
            return plain(x, *args, **kwargs)
        # Asked for at each pass: a sharded layer has other tensors while it is whole.
        a, b = (factor.weight for factor in factors)
        result: Tensor = _MergedLinear.apply(x, base.weight, base.bias, a, b, layer.scaling[ADAPTER])  # type: ignore[no-untyped-call]
        return result

    return forward


class _MergedLinear(torch.autograd.Function):
    """The linear layer with its adapter merged in; the merged weight is built again on the way back, not kept."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, a: Tensor, b: Tensor, scale: float) -> Tensor:
        ctx.save_for_backward(x, weight, a, b)
        ctx.scale = scale
        return nn.functional.linear(x, torch.addmm(weight, b, a, alpha=scale), bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, a, b = ctx.saved_tensors
        flat, d_out = x.reshape(-1, x.shape[-1]), upstream.reshape(-1, upstream.shape[-1])
        through_b = (d_out @ b).mul_(ctx.scale)
        d_a = through_b.t() @ flat
        d_b = d_out.t() @ (flat @ a.t()).mul_(ctx.scale)
        if not ctx.needs_input_grad[0]:
            return None, None, None, d_a, d_b, None
        d_x = d_out @ torch.addmm(weight, b, a, alpha=ctx.scale)
        return d_x.view_as(x), None, None, d_a, d_b, None
