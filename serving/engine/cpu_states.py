"""Keys and values of rows that a decoder writes on a CPU: one tensor, each row in a place of its own, written in place.

Rows begin at the left of their places, so that nothing moves when others come. What lies beyond a row's length is never
read: taking rows back to an earlier state is a matter of their lengths alone.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from itertools import takewhile
from typing import Final, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from serving.engine.cpu_decoder import CpuDecoder
from serving.engine.cpu_linear import Slots
from serving.engine.kv_cache import SPARE_TOKENS
from serving.engine.row import Row


class Held(NamedTuple):
    """Tokens that a row holds, those it may come to, and what it began with."""

    length: int
    reach: int
    row: Row


class LastTokens:
    """Attention of each row's last token to all that the row holds; writes the token's own keys and values.

    Args:
        room: Keys and values, (layers, 2, rows, Hkv, T, D).
        positions: Tokens that each row holds before, (B,).
        width: Tokens that the longest row holds with its last.
    """

    def __init__(self, room: Tensor, positions: Tensor, width: int, decoder: CpuDecoder) -> None:
        (rows, kv_heads, places, self._dim), count = room.shape[2:], len(positions)
        self._width, self._scale, self._queries = width, decoder.scale, decoder.heads * decoder.head_dim
        self._parts = (count, 2, kv_heads, self._dim)
        # From here on a row's head is a row of its own: each has other keys and values.
        self._room, self._many = room.flatten(2, 3), count * kv_heads
        begins, held = torch.arange(self._many) * places, positions.repeat_interleave(kv_heads)
        self._targets = torch.cat([begins + held, begins + held + rows * kv_heads * places])
        if count > 1:
            is_beyond = torch.arange(width) > held.unsqueeze(1)
            self._mask = torch.zeros(self._many, width).masked_fill_(is_beyond, -torch.inf).unsqueeze(1)
            sources = (begins.unsqueeze(1) + torch.arange(width)).repeat_interleave(decoder.heads // kv_heads, 0)
            self._sources, self._begins = sources.flatten(), torch.arange(0, sources.numel(), width)

    def __call__(self, number: int, mixed: Tensor) -> Tensor:
        room, count = self._room[number], len(mixed)
        fresh = mixed[:, self._queries :].view(self._parts).transpose(0, 1)
        room.view(-1, self._dim).index_copy_(0, self._targets, fresh.reshape(-1, self._dim))
        # Queries of the same keys lie together, as if they were tokens.
        queries = mixed[:, : self._queries].reshape(self._many, -1, self._dim)
        keys, values = room[:, : self._many, : self._width]
        if count == 1:
            each = queries[None], keys[None], values[None]
            return functional.scaled_dot_product_attention(*each, scale=self._scale).reshape(1, -1)
        shares = torch.baddbmm(self._mask, queries, keys.transpose(1, 2), alpha=self._scale).softmax(dim=2)
        # Sums of numbered rows: a quarter less time than a small product for each row and head.
        sums: Tensor = torch.embedding_bag(
            room[1].view(-1, self._dim), self._sources, self._begins, False, 0, False, shares.flatten()
        )[0]
        return sums.view(count, -1)


class CpuStates:
    """Places of rows, in their order."""

    def __init__(self, decoder: CpuDecoder) -> None:
        self._decoder = decoder
        self._held: list[Held] = []
        self._slots = Slots([0])
        self._beginnings = Beginnings()
        self._room = self._empty(0, 0)  # (layers, 2, rows, Hkv, T, D): keys, then values

    def read(self, fresh: Sequence[Row]) -> tuple[Tensor, list[Held]]:
        held = [Held(len(row.prompt), row.reach, row) for row in fresh]
        here = [each.row for each in self._held]
        self._make_room(len(here) + len(fresh), max(each.length for each in held))
        scores = []
        for row in fresh:
            scores.append(self._read(row, here))
            here.append(row)
        return torch.cat(scores), held

    def lay_beside(self, fresh: list[Held]) -> None:
        # They lie there already.
        self._held = [*self._held, *fresh]

    def next(self, rows: Sequence[Row], last: Sequence[int]) -> Tensor:
        lengths = [each.length for each in self._held]
        count, width = len(rows), max(lengths) + 1
        self._make_room(count, width)
        if (slots := [row.slot for row in rows]) != self._slots.slots:
            self._slots = Slots(slots)
        positions = torch.tensor(lengths)
        attend = LastTokens(self._room, positions, width, self._decoder)
        scores = self._decoder.forward(torch.tensor(last), positions, self._slots, attend)
        self._held = [each._replace(length=each.length + 1) for each in self._held]
        return scores

    def keep(self, staying: Sequence[int]) -> None:
        for place, old in enumerate(staying):
            if place != old:
                length = self._held[old].length
                self._room[:, :, place, :, :length] = self._room[:, :, old, :, :length]
        self._held = [self._held[old] for old in staying]
        # Never more than what the scheduler counts for the rows that stay.
        most = len(staying) * (max(each.reach for each in self._held) + SPARE_TOKENS)
        if self._room.shape[2] * self._room.shape[4] > most:
            self._move(len(staying), max(each.length for each in self._held))

    def mark(self) -> list[Held]:
        return self._held

    def restore(self, count: int, mark: list[Held]) -> None:
        self._held = mark[:count]
        # Memory ran out.
        self._beginnings.clear()

    def clear(self) -> None:
        self._held, self._room = [], self._empty(0, 0)

    def _read(self, row: Row, here: Sequence[Row]) -> Tensor:
        """Read a prompt into the place after those of the rows that are here; what is known of it is copied."""
        place, count, decoder = len(here), len(row.prompt), self._decoder
        begun = self._begun(row, here)
        shared = begun.shape[-2]
        self._room[:, :, place, :, :shared] = begun
        is_visible = torch.ones(count - shared, count, dtype=torch.bool).tril_(shared) if shared else None
        sharing = decoder.heads // decoder.kv_heads

        def attend(number: int, mixed: Tensor) -> Tensor:
            heads = mixed.view(count - shared, -1, decoder.head_dim).transpose(0, 1)
            room = self._room[number, :, place, :, :count]
            room[:, :, shared:] = heads[decoder.heads :].unflatten(0, (2, -1))
            keys, values = (each.repeat_interleave(sharing, 0)[None] for each in room)
            attended = functional.scaled_dot_product_attention(
                heads[None, : decoder.heads], keys, values, is_visible, is_causal=not shared, scale=decoder.scale
            )
            return attended[0].transpose(0, 1).reshape(count - shared, -1)

        ids, positions = torch.tensor(row.prompt[shared:]), torch.arange(shared, count)
        scores = decoder.forward(ids, positions, Slots([row.slot]), attend, only_last=True)
        self._beginnings.add(row, self._room[:, :, place, :, :count])
        return scores

    def _begun(self, row: Row, here: Sequence[Row]) -> Tensor:
        """Return the states of as many of a prompt's first tokens as are known, by a row here or from earlier ones."""
        shared, old = max(((_shared(row, other), at) for at, other in enumerate(here)), default=(0, 0))
        kept = self._beginnings.of(row)
        if kept is not None and kept.shape[-2] > shared:
            return kept
        return self._room[:, :, old, :, :shared]

    def _make_room(self, rows: int, width: int) -> None:
        if rows > self._room.shape[2] or width > self._room.shape[4]:
            self._move(rows, width)

    def _move(self, rows: int, width: int) -> None:
        """Move what rows hold to a tensor for so many rows of so many tokens, and some more."""
        count, longest = len(self._held), max((each.length for each in self._held), default=0)
        room = self._empty(rows, max(width, longest) + SPARE_TOKENS)
        room[:, :, :count, :, :longest] = self._room[:, :, :count, :, :longest]
        self._room = room

    def _empty(self, rows: int, width: int) -> Tensor:
        decoder = self._decoder
        # Zeros: what a mask leaves nothing of must be a number all the same.
        return torch.zeros(decoder.depth, 2, rows, decoder.kv_heads, width, decoder.head_dim)


def _shared(row: Row, other: Row) -> int:
    """Tokens that two prompts through the same adapter begin with alike, without the last of the first."""
    return alike(row.prompt[:-1], other.prompt) if row.slot == other.slot else 0


# Of one network; those that were used longest ago leave first.
KEPT_BYTES: Final = 64 << 20
# Fewer tokens are read as fast as they are copied; so many adapters are remembered.
_LEAST_TOKENS, _MOST_ADAPTERS = 16, 256


class Beginning(NamedTuple):
    """The last prompt, and states of the tokens that it shares with the one before, (layers, 2, Hkv, T, D)."""

    prompt: list[int]
    states: Tensor


class Beginnings:
    """Beginnings of prompts, by the adapter's slot and the fingerprint of its weights."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, str], Beginning] = OrderedDict()

    def of(self, row: Row) -> Tensor | None:
        """Return the states that a row's prompt begins with, less its last token; None where none are kept."""
        kept = self._kept.get((row.slot, row.fingerprint))
        return kept and kept.states[..., : alike(row.prompt[:-1], kept.prompt), :]

    def add(self, row: Row, states: Tensor) -> None:
        """Keep what this prompt and the last begin with alike.

        Args:
            states: Of the whole prompt, (layers, 2, Hkv, T, D).
        """
        key = (row.slot, row.fingerprint)
        last = self._kept.pop(key, None)
        shared = min(alike(row.prompt, last.prompt), KEPT_BYTES * states.shape[-2] // states.nbytes) if last else 0
        shared = shared if shared >= _LEAST_TOKENS else 0
        states = last.states if last and last.states.shape[-2] == shared else states[..., :shared, :].clone()
        self._kept[key] = Beginning(row.prompt, states)
        while sum(each.states.nbytes for each in self._kept.values()) > KEPT_BYTES or len(self._kept) > _MOST_ADAPTERS:
            self._kept.popitem(last=False)

    def clear(self) -> None:
        self._kept.clear()


def alike(tokens: Sequence[int], others: Sequence[int]) -> int:
    """Count the tokens that two prompts begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(tokens, others, strict=False)))
