"""Write with an encoder–decoder.

Prompts are read once, and each token looks at them through the cross attention's cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from transformers import DynamicCache, EncoderDecoderCache
from transformers.modeling_outputs import BaseModelOutput

from training.engine.seq2seq.batch import padded

if TYPE_CHECKING:
    from training.engine.model_types import CausalModel


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
