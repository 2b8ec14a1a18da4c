"""Rows laid one behind the other, and which rows share a line. Pure arithmetic; it does not know models."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from heapq import heappop, heappush
from typing import Any

import torch
from torch import Tensor

from training.engine.data.sft_rows import TokenRow


@dataclass(frozen=True)
class PackedRows:
    """Rows in one line. The last token of a row is a target and never an input.

    Attributes:
        input_ids: Token ids, int64 (1, T).
        position_ids: Where each token stands in its own row, int64 (1, T).
        bounds: Where rows begin, and the end of the last, int32 (rows + 1).
        longest: Inputs of the longest row.
        positions: Flat positions whose next token is supervised, int64 (N).
        targets: Those next tokens, int64 (N).
    """

    input_ids: Tensor
    position_ids: Tensor
    bounds: Tensor
    longest: int
    positions: Tensor
    targets: Tensor

    def inputs(self) -> dict[str, Tensor | int]:
        """Inputs of the forward pass beside token ids; the names are those of transformers' flash attention."""
        return {
            "position_ids": self.position_ids,
            "cu_seq_lens_q": self.bounds,
            "cu_seq_lens_k": self.bounds,
            "max_length_q": self.longest,
            "max_length_k": self.longest,
        }

    def pinned(self) -> PackedRows:
        return self._mapped(lambda tensor: tensor.pin_memory())

    def to(self, device: torch.device) -> PackedRows:
        """The same line on another device; from pinned memory without waiting for it."""
        return self if device.type == "cpu" else self._mapped(lambda tensor: tensor.to(device, non_blocking=True))

    def _mapped(self, change: Callable[[Tensor], Tensor]) -> PackedRows:
        tensors = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "longest"}
        changed: dict[str, Any] = {name: change(tensor) for name, tensor in tensors.items()}
        return replace(self, **changed)


def pack(rows: Sequence[TokenRow]) -> PackedRows:
    """Lay rows one behind the other, in their order."""
    ids: list[int] = []
    places: list[int] = []
    positions: list[int] = []
    bounds = [0]
    for row in rows:
        start, inputs = bounds[-1], len(row.ids) - 1
        ids += row.ids[:-1]
        places += range(inputs)
        positions += range(start + row.prompt_length - 1, start + inputs)
        bounds.append(start + inputs)
    return PackedRows(
        input_ids=torch.tensor([ids]),
        position_ids=torch.tensor([places]),
        bounds=torch.tensor(bounds, dtype=torch.int32),
        longest=max(len(row.ids) for row in rows) - 1,
        positions=torch.tensor(positions),
        targets=torch.tensor([token for row in rows for token in row.ids[row.prompt_length :]]),
    )


def bin_pack(rows: Sequence[TokenRow], budget: int, *, multiple: int = 1) -> list[list[TokenRow]]:
    """Share rows out to as few lines of like size as hold them: the longest first, each into the emptiest line.

    Lines of like size take like time, so processes do not wait for one another, and the largest needs no more memory
    than it must. The lines are a pure function of the rows; equal lengths keep their order.

    Args:
        rows: Of one optimiser step.
        budget: Tokens of a line; a longer row has a line of its own.
        multiple: The number of lines is a multiple of this, where there are rows enough.
    """
    ordered = sorted(rows, key=lambda row: -row.length)
    room = max(budget, ordered[0].length)
    fewest = math.ceil(sum(row.length for row in rows) / room)
    for count in range(math.ceil(fewest / multiple) * multiple, len(rows) + 1, multiple):
        lines = _emptiest_first(ordered, count)
        if max(sum(row.length for row in line) for line in lines) <= room:
            return lines
    return [[row] for row in ordered]


def _emptiest_first(ordered: Sequence[TokenRow], count: int) -> list[list[TokenRow]]:
    """Distribute rows over `count` lines: each into the emptiest (R. L. Graham, 1969), the fullest line first."""
    lines: list[list[TokenRow]] = [[] for _ in range(count)]
    held = [(0, number) for number in range(count)]
    for row in ordered:
        tokens, number = heappop(held)
        lines[number].append(row)
        heappush(held, (tokens + row.length, number))
    return [lines[number] for _, number in sorted(held, key=lambda each: (-each[0], each[1]))]
