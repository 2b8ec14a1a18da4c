"""Batches of answers written token by token: by a decoder, and by an encoder–decoder, which reads its prompts once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor
from transformers import DynamicCache, EncoderDecoderCache
from transformers.modeling_outputs import BaseModelOutput

from training.engine.seq2seq.batch import padded

if TYPE_CHECKING:
    from training.engine.model_types import CausalModel


class CausalDecoding:
    """A batch of answers a decoder is writing: prompts padded on the left, keys and values cached."""

    def __init__(self, model: CausalModel, prompts: Sequence[list[int]], pad: int) -> None:
        self._model = model
        self._ids, self._mask = _padded_left(prompts, pad, model.device)
        self._cache = DynamicCache(config=model.config)
        self._lengths = self._mask.sum(dim=1)

    def first(self) -> Tensor:
        """Read the prompts; scores of the first token of each answer, (B, V)."""
        return self._scores(self._ids, (self._mask.cumsum(dim=1) - 1).clamp(min=0))

    def next(self, tokens: Sequence[int]) -> Tensor:
        """Scores (B, V) of what follows these tokens, one a row."""
        self._mask = torch.cat([self._mask, self._mask.new_ones(len(tokens), 1)], dim=1)
        positions, self._lengths = self._lengths.unsqueeze(1), self._lengths + 1
        return self._scores(torch.tensor(tokens, device=self._mask.device).unsqueeze(1), positions)

    def keep(self, rows: Tensor) -> None:
        """Forget all rows but these, (b,)."""
        self._cache.reorder_cache(cast("torch.LongTensor", rows))
        self._mask, self._lengths = self._mask[rows], self._lengths[rows]

    def _scores(self, ids: Tensor, positions: Tensor) -> Tensor:
        output = self._model(
            input_ids=ids,
            attention_mask=self._mask,
            position_ids=positions,
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        )
        return output.logits[:, -1]  # type: ignore[no-any-return]


def _padded_left(rows: Sequence[list[int]], pad: int, device: torch.device) -> tuple[Tensor, Tensor]:
    width = max(len(row) for row in rows)
    ids = torch.tensor([[pad] * (width - len(row)) + row for row in rows], device=device)
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows], device=device)
    return ids, mask


class Seq2SeqDecoding:
    """A batch of answers under way. All begin together, so none of the decoder's rows needs padding."""

    def __init__(self, model: CausalModel, prompts: Sequence[list[int]], begins: tuple[int, ...], pad: int) -> None:
        """`begins` is the decoder's fixed start."""
        self._model = model
        ids, mask = padded(prompts, pad)
        self._ids, self._mask = ids.to(model.device), mask.to(model.device)
        self._begins = torch.tensor([begins] * len(prompts), device=model.device)
        self._cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
        self._states: Tensor | None = None

    def first(self) -> Tensor:
        """Read the prompts; scores of the first token of each answer, (B, V)."""
        output = self._model(
            input_ids=self._ids,
            attention_mask=self._mask,
            decoder_input_ids=self._begins,
            past_key_values=self._cache,
            use_cache=True,
        )
        self._states = output.encoder_last_hidden_state
        return output.logits[:, -1]  # type: ignore[no-any-return]

    def next(self, tokens: Sequence[int]) -> Tensor:
        """Scores (B, V) of what follows these tokens, one a row."""
        output = self._model(
            encoder_outputs=BaseModelOutput(last_hidden_state=self._states),
            attention_mask=self._mask,
            decoder_input_ids=torch.tensor(tokens, device=self._mask.device).unsqueeze(1),
            past_key_values=self._cache,
            use_cache=True,
        )
        return output.logits[:, -1]  # type: ignore[no-any-return]

    def keep(self, rows: Tensor) -> None:
        """Forget all rows but these, (b,)."""
        self._cache.batch_select_indices(rows)
        self._mask = self._mask[rows]
        if self._states is not None:
            self._states = self._states[rows]
