"""Rows of an encoder–decoder as it reads them: prompts for the encoder, answers shifted by one for the decoder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from training.engine.data.sft_rows import TokenRow


@dataclass(frozen=True)
class Seq2SeqBatch:
    """Rows padded on the right.

    Attributes:
        input_ids: Tokens the encoder reads, int64 (B, S).
        attention_mask: 1 where one stands, int64 (B, S): an encoder sees padding wherever it lies.
        decoder_input_ids: What the decoder begins with, then the answer without its end, int64 (B, T).
        positions: Flat positions in (B*T) whose next token is supervised, int64 (N).
        targets: Those next tokens, int64 (N).
    """

    input_ids: Tensor
    attention_mask: Tensor
    decoder_input_ids: Tensor
    positions: Tensor
    targets: Tensor

    def inputs(self) -> dict[str, Any]:
        """Return what the forward pass is given beside the encoder's token ids."""
        return {"attention_mask": self.attention_mask, "decoder_input_ids": self.decoder_input_ids}

    def pinned(self) -> Seq2SeqBatch:
        return self._mapped(lambda tensor: tensor.pin_memory())

    def to(self, device: torch.device) -> Seq2SeqBatch:
        """The same batch on another device; from pinned memory without waiting for it."""
        return self if device.type == "cpu" else self._mapped(lambda tensor: tensor.to(device, non_blocking=True))

    def _mapped(self, change: Callable[[Tensor], Tensor]) -> Seq2SeqBatch:
        return replace(self, **{field.name: change(getattr(self, field.name)) for field in fields(self)})


def collate(rows: Sequence[TokenRow], pad: int, start: int) -> Seq2SeqBatch:
    """Pad prompts and answers to the longest of each.

    Every token of an answer is supervised, the one that opens it included, as transformers' own loss has it.

    Args:
        rows: `ids[:prompt_length]` is the prompt, the rest the answer.
        pad: Fills both sides.
        start: The token the decoder begins with.
    """
    prompts = [row.ids[: row.prompt_length] for row in rows]
    answers = [row.ids[row.prompt_length :] for row in rows]
    width = max(map(len, answers))
    input_ids, mask = padded(prompts, pad)
    shifted, _ = padded([[start, *answer[:-1]] for answer in answers], pad)
    positions = [index * width + at for index, answer in enumerate(answers) for at in range(len(answer))]
    targets = [token for answer in answers for token in answer]
    return Seq2SeqBatch(input_ids, mask, shifted, torch.tensor(positions), torch.tensor(targets))


def padded(rows: Sequence[Sequence[int]], pad: int) -> tuple[Tensor, Tensor]:
    """Rows padded on the right, and 1 where a token stands: both int64 (B, T)."""
    width = max(map(len, rows))
    ids = torch.tensor([[*row, *[pad] * (width - len(row))] for row in rows])
    return ids, torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
