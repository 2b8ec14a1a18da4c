"""Running states of hybrids: layers that keep no keys and values, but a state of one size for each row.

They are Mamba's, gated delta nets' and short convolutions'. Transformers' own cache layers hold them and write into
them in place, so a mark is a copy. Padding on the left leaves a state as it begins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import Cache, LinearAttentionLayer

from serving.engine.kv_cache import growing_cache, growing_layer

if TYPE_CHECKING:
    from transformers import PretrainedConfig

    from training.engine.model_types import CausalModel


def empty_cache(config: PretrainedConfig) -> Cache:
    """An empty cache whose layers of attention are roomy, and whose other layers hold running states."""
    layers = DynamicCache(config=config).layers
    if not running(layers):
        return growing_cache()
    return Cache(layers=[each if isinstance(each, LinearAttentionLayer) else growing_layer() for each in layers])


def running(layers: Sequence[Any]) -> list[LinearAttentionLayer]:
    """The layers that hold running states."""
    return [layer for layer in layers if isinstance(layer, LinearAttentionLayer)]


def attending(layers: Sequence[Any]) -> list[Any]:
    """The layers that hold keys and values."""
    return [layer for layer in layers if not isinstance(layer, LinearAttentionLayer)]


def lay_beside(layers: Sequence[Any], fresh: Sequence[Any]) -> None:
    """Put newcomers' states under those of layers; changes `layers`."""
    for (old, number), (new, _) in zip(_states(layers), _states(fresh), strict=True):
        old[number] = torch.cat([old[number], new[number]])


def keep(layers: Sequence[Any], chosen: Tensor) -> None:
    """Forget all rows but these; changes `layers`."""
    for states, number in _states(layers):
        states[number] = states[number][chosen]


def copied(layers: Sequence[Any]) -> list[Tensor]:
    return [states[number].clone() for states, number in _states(layers)]


def put_back(layers: Sequence[Any], copies: Sequence[Tensor], count: int) -> None:
    """Take the first rows back to what was copied; changes `layers`, and leaves the copies as they are."""
    for (states, number), copy in zip(_states(layers), copies, strict=True):
        states[number] = copy[:count].clone()


def bytes_of_a_row(model: CausalModel) -> int:
    """Bytes of the running states of one row, measured on one token; 0 for a model of attention alone."""
    if model.config.is_encoder_decoder or not running(empty_cache(model.config).layers):
        return 0
    cache = empty_cache(model.config)
    with torch.inference_mode():
        model(input_ids=torch.zeros(1, 1, dtype=torch.long, device=model.device), past_key_values=cache, use_cache=True)
    return sum(states[number].nbytes for states, number in _states(cache.layers))


def _states(layers: Sequence[Any]) -> Iterator[tuple[dict[int, Any], int]]:
    """Places of all states that there are."""
    for layer in running(layers):
        for states in (layer.conv_states, layer.recurrent_states):
            yield from ((states, number) for number, state in states.items() if state is not None)
