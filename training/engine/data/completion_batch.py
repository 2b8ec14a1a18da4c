"""Layout of completions in a batch: each behind its own prompt, or several behind one they share.

Completions of one prompt read it once: the prompt, then the completions one after the other, each seeing the prompt and
itself only, at the positions it would have alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor

from training.engine.data.sft_rows import TokenRow


@dataclass(frozen=True)
class CompletionBatch:
    """A batch of completions.

    Attributes:
        input_ids: Token ids, int64 (B, T), padded on the right.
        positions: Flat positions in (B*T) whose next token is wanted, int64 (N); one may be there several times.
        targets: Those next tokens, int64 (N).
        owners: The completion each target belongs to, int64 (N).
        completions: How many completions there are, S; in the order of their rows.
        position_ids: Where each token stands in its own sequence, int64 (B, T); None where that is its place.
        mask: What each token sees, bool (B, 1, T, T); None where it is all before it.
    """

    input_ids: Tensor
    positions: Tensor
    targets: Tensor
    owners: Tensor
    completions: int
    position_ids: Tensor | None = None
    mask: Tensor | None = None

    def inputs(self) -> dict[str, Tensor]:
        """Return what the forward pass is given beside token ids."""
        if self.mask is None or self.position_ids is None:
            return {}
        return {"attention_mask": self.mask, "position_ids": self.position_ids}

    def to(self, device: torch.device) -> CompletionBatch:
        if device.type == "cpu":
            return self
        tensors = {field.name: getattr(self, field.name) for field in fields(self)}
        moved: dict[str, Any] = {name: value.to(device) for name, value in tensors.items() if isinstance(value, Tensor)}
        return replace(self, **moved)


def collate_completions(groups: Sequence[Sequence[TokenRow]], pad: int, *, share: bool) -> CompletionBatch:
    """Lay groups of completions out; the rows of a group have one prompt.

    Args:
        groups: Rows; completions are numbered through all of them in order.
        share: Read the prompt of a group once. The model must take a mask of its own (see
            `prompt_sharing.can_share_prompts`).
    """
    laid = [_BatchRow([row]) for rows in groups for row in rows] if not share else [_BatchRow(rows) for rows in groups]
    width = max(len(line.ids) for line in laid)
    positions, owners, targets = [], [], []
    completion = 0
    for number, line in enumerate(laid):
        for at, row in zip(line.starts, line.rows, strict=True):
            first = [row.prompt_length - 1] if row.supervised else []
            positions += [number * width + place for place in (*first, *range(at, at + row.supervised - 1))]
            targets += row.ids[row.prompt_length :]
            owners += [completion] * row.supervised
            completion += 1
    input_ids = torch.tensor([line.ids + [pad] * (width - len(line.ids)) for line in laid])
    batch = CompletionBatch(input_ids, torch.tensor(positions), torch.tensor(targets), torch.tensor(owners), completion)
    if all(len(line.rows) == 1 for line in laid):
        return batch
    return CompletionBatch(
        batch.input_ids,
        batch.positions,
        batch.targets,
        batch.owners,
        completion,
        position_ids=torch.tensor([line.places + [0] * (width - len(line.ids)) for line in laid]),
        mask=_mask(laid, width),
    )


class _BatchRow:
    """One line of a batch: a prompt and the completions behind it. The last token of a row is never an input."""

    def __init__(self, rows: Sequence[TokenRow]) -> None:
        self.rows = rows
        prompt = rows[0].prompt_length
        self.ids = list(rows[0].ids[:prompt])
        self.places = list(range(prompt))
        self.parts = [0] * prompt
        self.starts = []
        for number, row in enumerate(rows, 1):
            self.starts.append(len(self.ids))
            inner = row.ids[prompt:-1]
            self.ids += inner
            self.places += range(prompt, prompt + len(inner))
            self.parts += [number] * len(inner)


def _mask(lines: Sequence[_BatchRow], width: int) -> Tensor:
    """Let a token see the prompt and its own completion up to itself; padding sees itself, or its softmax is empty."""
    parts = torch.tensor([line.parts + [-1] * (width - len(line.ids)) for line in lines])
    mine, other = parts.unsqueeze(2), parts.unsqueeze(1)
    visibility = ((other == 0) | (other == mine)) & torch.ones(width, width, dtype=torch.bool).tril()
    return (visibility | torch.eye(width, dtype=torch.bool)).unsqueeze(1)
