"""Attention over packed rows: each row sees itself only, up to each of its tokens.

On a GPU in half precision it is torch's variable-length flash attention, elsewhere causal attention row by row, which
does as much work as there are pairs of tokens that see each other. There is no mask, which would be as large as the
square of the line. It does not know rows, only where they begin.
"""

from __future__ import annotations

import inspect
from types import SimpleNamespace
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional
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
    """Transformers' attention `sdpa`, in the shape it calls it, with keys repeated where torch needs it.

    torch has kernels for shared keys in half precision. In fp32 on a GPU it would hold the scores of every pair of
    tokens: 8 GiB a layer for one row of 8,192 tokens and 32 heads. With keys repeated for each head it does not.
    """
    asks: Any = module
    if query.is_cuda and attention_mask is None and key.shape[1] != query.shape[1] and computes_in(query) not in HALF:
        key, value = repeated(key, query.shape[1]), repeated(value, query.shape[1])
        # One that does not say how many heads share keys.
        asks = SimpleNamespace(is_causal=getattr(module, "is_causal", True))
    attended: tuple[Tensor, None] = sdpa_attention_forward(asks, query, key, value, attention_mask, **more)
    return attended


AttentionInterface.register("sdpa", attention)


NAME: Final = "packed_rows"
# Flash attention takes heads of so many numbers at most, and GPUs from Ampere on.
FLASH_WIDTH: Final = 256
FLASH_SINCE: Final = (8, 0)


def flash_parameters() -> frozenset[str]:
    """Return what torch's variable-length attention can be asked; empty where there is none that takes windows.

    It is built in where torch is built for CUDA, no further package: since 2.10. 2.11 knows no shared keys, 2.13 does.
    """
    try:
        from torch.nn.attention.varlen import varlen_attn
    except ImportError:
        return frozenset()
    parameters = frozenset(inspect.signature(varlen_attn).parameters)
    return parameters if {"scale", "window_size"} <= parameters else frozenset()


# Once: layers that are compiled ask for it at every step.
FLASH: Final = flash_parameters()


def packed_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    cu_seq_lens_q: Tensor,
    max_length_q: int,
    dropout: float = 0.0,
    scaling: float | None = None,
    sliding_window: int | None = None,
    **more: Any,
) -> tuple[Tensor, None]:
    """Attention in the shape transformers calls it.

    Args:
        module: The layer that asks; not looked at.
        query: (1, heads, T, width).
        key: (1, key heads, T, width).
        value: As `key`.
        attention_mask: None: the bounds say all there is to say.
        cu_seq_lens_q: Where rows begin, and the end of the last, int32 (rows + 1).
        max_length_q: Tokens of the longest row.
        dropout: On attention's weights.
        scaling: Of scores; by default one over the root of the width.
        sliding_window: How many tokens back a token sees, itself included.
        more: What other layers of attention might want.

    Returns:
        (1, T, heads, width), and no weights.

    Raises:
        ValueError: A mask, or scores that are capped: neither can be had here.
    """
    if attention_mask is not None or more.get("softcap") is not None:
        raise ValueError("packed attention takes no mask and caps no scores")
    half = _half_of(query)
    if half is not None and not dropout:
        query, key, value = query.to(half), key.to(half), value.to(half)
        return _varlen(query, key, value, cu_seq_lens_q, max_length_q, scaling, sliding_window), None
    return _row_by_row(query, key, value, cu_seq_lens_q, dropout, scaling, sliding_window), None


def _half_of(query: Tensor) -> torch.dtype | None:
    """Half format that flash attention would compute in; None without flash attention."""
    if not query.is_cuda or query.shape[-1] > FLASH_WIDTH or torch.cuda.get_device_capability() < FLASH_SINCE:
        return None
    if not FLASH:
        return None
    dtype = computes_in(query)
    return dtype if dtype in HALF else None


def _varlen(
    query: Tensor, key: Tensor, value: Tensor, bounds: Tensor, longest: int, scaling: float | None, window: int | None
) -> Tensor:
    from torch.nn.attention.varlen import varlen_attn

    shares = query.shape[1] != key.shape[1]
    if shares and "enable_gqa" not in FLASH:
        key, value, shares = repeated(key, query.shape[1]), repeated(value, query.shape[1]), False
    q, k, v = (each.squeeze(0).transpose(0, 1) for each in (query, key, value))
    window_sizes = (-1, 0) if window is None else (window - 1, 0)
    grouped = {"enable_gqa": True} if shares else {}
    flash: Any = varlen_attn
    attended: Tensor = flash(
        q, k, v, bounds, bounds, longest, longest, scale=scaling, window_size=window_sizes, **grouped
    )
    return attended.unsqueeze(0)


@torch.compiler.disable  # type: ignore[untyped-decorator]  # every batch has other lengths
def _row_by_row(
    query: Tensor, key: Tensor, value: Tensor, bounds: Tensor, dropout: float, scaling: float | None, window: int | None
) -> Tensor:
    lengths = bounds.diff().tolist()
    if query.is_cuda:
        key, value = repeated(key, query.shape[1]), repeated(value, query.shape[1])
    parts = zip(*(torch.split(each, lengths, dim=2) for each in (query, key, value)), strict=True)
    is_grouped = query.shape[1] != key.shape[1]
    rows = []
    for q, k, v in parts:
        mask = _window_mask(q.shape[2], window, q.device) if window is not None and q.shape[2] > window else None
        row = functional.scaled_dot_product_attention(
            q, k, v, attn_mask=mask, dropout_p=dropout, is_causal=mask is None, scale=scaling, enable_gqa=is_grouped
        )
        rows.append(row.transpose(1, 2))
    return torch.cat(rows, dim=1)


def _window_mask(length: int, window: int, device: torch.device) -> Tensor:
    at = torch.arange(length, device=device)
    back = at.unsqueeze(1) - at.unsqueeze(0)
    return (back >= 0) & (back < window)


# No mask is registered for this name, so transformers builds none.
AttentionInterface.register(NAME, packed_attention)
