"""Keys and values of a batch with room to grow: a token is written into its place instead of copying all before it.

Laying caches side by side or dropping rows gives the layers new tensors; the next token then makes room again.
"""

from __future__ import annotations

from typing import Any, Final, cast

from torch import Tensor
from transformers.cache_utils import Cache, DynamicLayer

# Tokens of room made at once; a copy is made once in so many tokens, where transformers' own cache makes one for each.
SPARE_TOKENS: Final = 64


class GrowingLayer(DynamicLayer):
    """One layer's keys and values, (B, H, T, D): views of the first T places of a larger tensor."""

    _rooms: tuple[Tensor, Tensor] | None = None

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Append keys and values, (B, H, t, D); returns all there are, (B, H, T + t, D)."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        keys, values = cast(Tensor, self.keys), cast(Tensor, self.values)
        have = self.get_seq_length()
        want = have + key_states.shape[-2]
        rooms = self._rooms
        if rooms is None or rooms[0].shape[-2] < want or (have and not _is_within(keys, rooms[0])):
            rooms = self._rooms = _roomier(keys, key_states, have, want), _roomier(values, value_states, have, want)
        for room, states in zip(rooms, (key_states, value_states), strict=True):
            room[:, :, have:want] = states
        self.keys, self.values = rooms[0][:, :, :want], rooms[1][:, :, :want]
        return self.keys, self.values


def _is_within(view: Tensor, room: Tensor) -> bool:
    """Check that these are still the first places of the room, and of all its rows."""
    return view.data_ptr() == room.data_ptr() and view.shape[0] == room.shape[0]


def _roomier(old: Tensor, states: Tensor, have: int, want: int) -> Tensor:
    """Copy `old` to a tensor with room for `want` tokens and some more; the first `have` are filled."""
    room = states.new_empty((*states.shape[:2], want + SPARE_TOKENS, states.shape[-1]))
    if have:
        room[:, :, :have] = old
    return room


def growing_layer() -> DynamicLayer:
    """Return an empty layer that is roomy."""
    new: type[Any] = GrowingLayer
    return cast(DynamicLayer, new())


def growing_cache() -> Cache:
    """An empty cache whose layers are roomy."""
    return Cache(layer_class_to_replicate=GrowingLayer)
