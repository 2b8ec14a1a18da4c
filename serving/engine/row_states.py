"""States that a network holds of the rows it is writing, and the passes that make it grow: of a decoder alone, here.

Each row's keys and values lie in one cache, padded on the left to the longest row; a newcomer's prompt is read alone
and its cache laid beside the others, and its running states where a hybrid has some. Full caches are kept for
sliding-window layers too: the mask does the sliding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast

import torch
from torch import Tensor
from transformers.cache_utils import Cache

from serving.engine import running_states
from serving.engine.multi_lora import AdapterRoute
from serving.engine.row import Row

if TYPE_CHECKING:
    from training.engine.model_types import CausalModel


class RowStates(Protocol):
    """The states of a batch's rows, in their order."""

    def read(self, fresh: Sequence[Row]) -> tuple[Tensor, Any]:
        """Read newcomers' prompts; scores (B, V) of their first tokens, and their states for `lay_beside`."""

    def lay_beside(self, fresh: Any) -> None:
        """Put newcomers' states under those that are here."""

    def next(self, rows: Sequence[Row], last: Sequence[int]) -> Tensor:
        """Scores (B, V) of what follows the last tokens of all rows that are here."""

    def keep(self, staying: Sequence[int]) -> None:
        """Forget all rows but these."""

    def mark(self) -> Any:
        """Mark where the states stand now, for `restore`."""

    def restore(self, count: int, mark: Any) -> None:
        """Take the first rows back to a mark, wherever a step broke off."""

    def clear(self) -> None: ...


class DecoderStates:
    """Keys and values of rows that a decoder writes."""

    def __init__(self, model: CausalModel, *, pad: int, route: AdapterRoute | None) -> None:
        self._model, self._pad, self._route = model, pad, route
        self._cache: Any = None
        self._mask: Tensor = torch.empty(0)  # (B, T), 1 where a token stands

    def read(self, fresh: Sequence[Row]) -> tuple[Tensor, tuple[Cache, Tensor]]:
        width = max(len(row.prompt) for row in fresh)
        device = self._model.device
        ids = torch.tensor([[self._pad] * (width - len(row.prompt)) + row.prompt for row in fresh], device=device)
        mask = torch.tensor([[0] * (width - len(row.prompt)) + [1] * len(row.prompt) for row in fresh], device=device)
        cache = running_states.empty_cache(self._model.config)
        scores = self._forward(fresh, ids, mask, (mask.cumsum(dim=1) - 1).clamp(min=0), cache)
        return scores, (cache, mask)

    def lay_beside(self, fresh: tuple[Cache, Tensor]) -> None:
        cache, mask = fresh
        if self._cache is None:
            self._cache, self._mask = cache, mask
            return
        self._mask = beside(self._mask, mask, 1)
        lay_layers_beside(self._attending, running_states.attending(cache.layers))
        running_states.lay_beside(self._cache.layers, cache.layers)

    def next(self, rows: Sequence[Row], last: Sequence[int]) -> Tensor:
        ids = torch.tensor(last, device=self._mask.device).unsqueeze(1)
        positions = self._mask.sum(dim=1, keepdim=True)
        self._mask = torch.cat([self._mask, self._mask.new_ones(len(rows), 1)], dim=1)
        return self._forward(rows, ids, self._mask, positions, self._cache)

    def keep(self, staying: Sequence[int]) -> None:
        chosen = torch.tensor(staying, device=self._mask.device)
        self._mask, cut = kept_mask(self._mask, chosen)
        for layer in self._attending:
            layer.keys, layer.values = layer.keys[chosen, :, cut:], layer.values[chosen, :, cut:]
        running_states.keep(self._cache.layers, chosen)

    def mark(self) -> tuple[Tensor, list[Tensor]]:
        return self._mask, [] if self._cache is None else running_states.copied(self._cache.layers)

    def restore(self, count: int, mark: tuple[Tensor, list[Tensor]]) -> None:
        mask, copies = mark
        self._mask = mask[:count]
        if self._cache is not None and count:
            restore_layers(self._attending, count, mask.shape[1])
            running_states.put_back(self._cache.layers, copies, count)

    def clear(self) -> None:
        self._cache = None

    @property
    def _attending(self) -> list[Any]:
        return running_states.attending(self._cache.layers)

    def _forward(self, rows: Sequence[Row], ids: Tensor, mask: Tensor, positions: Tensor, cache: Cache) -> Tensor:
        if self._route is not None:
            self._route.set([row.slot for row in rows], ids.device)
        output = self._model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        return output.logits[:, -1].float()  # type: ignore[no-any-return]


def beside(old: Tensor, new: Tensor, dim: int) -> Tensor:
    """Rows of two tensors one below the other, zeros on the left of the narrower ones."""
    width = max(old.shape[dim], new.shape[dim])
    return torch.cat([_widened(old, width, dim), _widened(new, width, dim)])


def lay_layers_beside(layers: Sequence[Any], fresh: Sequence[Any]) -> None:
    """Put newcomers' keys and values, (B, H, T, D), under those of layers; changes `layers`."""
    for old, new in zip(layers, cast(list[Any], fresh), strict=True):
        old.keys, old.values = beside(old.keys, new.keys, 2), beside(old.values, new.values, 2)


def restore_layers(layers: Sequence[Any], count: int, width: int) -> None:
    """Take the first rows of keys and values back to a width, wherever a step broke off; changes `layers`."""
    for layer in layers:
        layer.keys, layer.values = (_first(each, count, width) for each in (layer.keys, layer.values))


def kept_mask(mask: Tensor, chosen: Tensor) -> tuple[Tensor, int]:
    """The mask of rows that stay, and how many columns went that were padding on the left of all of them."""
    mask = mask[chosen]
    cut = int(mask.any(dim=0).int().argmax())
    return mask[:, cut:], cut


def _first(tensor: Tensor, count: int, width: int) -> Tensor:
    """First rows of keys or values, less a place added on the right, or padding on the left."""
    if tensor.shape[0] > count:
        # Newcomers were laid beside: old rows were widened on the left.
        return tensor[:count, :, tensor.shape[2] - width :]
    return tensor[:, :, :width]


def _widened(tensor: Tensor, width: int, dim: int) -> Tensor:
    """Zeros on the left of a dimension up to a width."""
    missing = width - tensor.shape[dim]
    if not missing:
        return tensor
    shape = list(tensor.shape)
    shape[dim] = missing
    return torch.cat([tensor.new_zeros(shape), tensor], dim=dim)
