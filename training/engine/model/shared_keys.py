"""Attention where several heads share keys, without ever holding all scores.

torch has kernels for shared keys in half precision; in fp32 on a GPU it falls back to plain attention there, which
holds the scores of every pair of tokens: 8 GiB a layer for one row of 8,192 tokens and 32 heads. With keys repeated for
each head it does not.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward

HALF = (torch.float16, torch.bfloat16)


def repeated(keys: Tensor, heads: int) -> Tensor:
    """Keys or values (rows, key heads, T, width), each for as many of so many heads as share it."""
    return keys.repeat_interleave(heads // keys.shape[1], dim=1) if keys.shape[1] != heads else keys


def computes_in(query: Tensor) -> torch.dtype:
    """Format of attention: rotary positions may have lifted queries to fp32, and autocast lowers them again."""
    device = query.device.type
    return torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else query.dtype


def attention(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **more: Any
) -> tuple[Tensor, None]:
    """Transformers' attention `sdpa`, in the shape it calls it, with keys repeated where torch needs it."""
    asks: Any = module
    if query.is_cuda and attention_mask is None and key.shape[1] != query.shape[1] and computes_in(query) not in HALF:
        key, value = repeated(key, query.shape[1]), repeated(value, query.shape[1])
        # One that does not say how many heads share keys.
        asks = SimpleNamespace(is_causal=getattr(module, "is_causal", True))
    attended: tuple[Tensor, None] = sdpa_attention_forward(asks, query, key, value, attention_mask, **more)
    return attended


AttentionInterface.register("sdpa", attention)
