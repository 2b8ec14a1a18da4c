"""States an encoder–decoder holds of its rows: keys and values of answers, and of the prompts they look at.

A newcomer's prompt is read once by the encoder; what cross attention looks at is laid beside that of the others.
Answers lie padded on the left, as those of a decoder do: relative positions (T5) do not mind, and positions looked up
by number (BART) are looked up for each row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from transformers import DynamicCache, EncoderDecoderCache
from transformers.modeling_outputs import BaseModelOutput

from serving.engine.cpu_decoder import CpuDecoder, decoder_of
from serving.engine.cpu_states import CpuStates
from serving.engine.kv_cache import growing_cache
from serving.engine.multi_lora import AdapterRoute, AdapterStack
from serving.engine.row import Row
from serving.engine.row_states import DecoderStates, RowStates, beside, kept_mask, lay_layers_beside, restore_layers
from training.engine.model.loading import LoadedStudent
from training.engine.seq2seq.batch import padded

if TYPE_CHECKING:
    from training.engine.model_types import CausalModel

# Caches, the answers' mask (B, T) and the prompts' (B, S).
States = tuple[EncoderDecoderCache, Tensor, Tensor]


class Seq2SeqStates:
    """Keys and values of rows that an encoder–decoder writes."""

    def __init__(self, model: CausalModel, *, pad: int, begins: tuple[int, ...], route: AdapterRoute | None) -> None:
        """`begins` is the decoder's fixed start."""
        self._model, self._pad, self._begins, self._route = model, pad, begins, route
        self._positions = RowPositions(model)
        self._cache: Any = None
        self._mask: Tensor = torch.empty(0)  # (B, T), 1 where a token of an answer stands
        self._prompts: Tensor = torch.empty(0)  # (B, S), 1 where one of a prompt stands

    def read(self, fresh: Sequence[Row]) -> tuple[Tensor, States]:
        device = self._model.device
        ids, prompts = (each.to(device) for each in padded([row.prompt for row in fresh], self._pad))
        begins = torch.tensor([self._begins] * len(fresh), device=device)
        cache = EncoderDecoderCache(growing_cache(), DynamicCache())
        self._send(fresh)
        output = self._model(
            input_ids=ids,
            attention_mask=prompts,
            decoder_input_ids=begins,
            past_key_values=cache,
            use_cache=True,
        )
        return output.logits[:, -1].float(), (cache, torch.ones_like(begins), prompts)

    def lay_beside(self, fresh: States) -> None:
        cache, mask, prompts = fresh
        if self._cache is None:
            self._cache, self._mask, self._prompts = fresh
            return
        self._mask, self._prompts = beside(self._mask, mask, 1), beside(self._prompts, prompts, 1)
        lay_layers_beside(self._written, cache.self_attention_cache.layers)
        lay_layers_beside(self._read, cache.cross_attention_cache.layers)

    def next(self, rows: Sequence[Row], last: Sequence[int]) -> Tensor:
        ids = torch.tensor(last, device=self._mask.device).unsqueeze(1)
        positions = self._mask.sum(dim=1, keepdim=True)
        self._mask = torch.cat([self._mask, self._mask.new_ones(len(rows), 1)], dim=1)
        self._send(rows)
        with self._positions.at(positions):
            output = self._model(
                encoder_outputs=BaseModelOutput(last_hidden_state=self._read_already()),
                attention_mask=self._prompts,
                decoder_input_ids=ids,
                decoder_attention_mask=self._mask,
                past_key_values=self._cache,
                use_cache=True,
            )
        return output.logits[:, -1].float()  # type: ignore[no-any-return]

    def keep(self, staying: Sequence[int]) -> None:
        chosen = torch.tensor(staying, device=self._mask.device)
        self._mask, cut = kept_mask(self._mask, chosen)
        for layer in self._written:
            layer.keys, layer.values = layer.keys[chosen, :, cut:], layer.values[chosen, :, cut:]
        # Prompts have padding on either side.
        prompts = self._prompts[chosen]
        columns = prompts.any(dim=0).nonzero()[:, 0]
        first, end = int(columns[0]), int(columns[-1]) + 1
        self._prompts = prompts[:, first:end]
        for layer in self._read:
            layer.keys, layer.values = layer.keys[chosen, :, first:end], layer.values[chosen, :, first:end]

    def mark(self) -> tuple[Tensor, Tensor]:
        return self._mask, self._prompts

    def restore(self, count: int, mark: tuple[Tensor, Tensor]) -> None:
        mask, prompts = mark
        self._mask, self._prompts = mask[:count], prompts[:count]
        if self._cache is not None and count:
            restore_layers(self._written, count, mask.shape[1])
            restore_layers(self._read, count, prompts.shape[1])

    def clear(self) -> None:
        self._cache = None

    @property
    def _written(self) -> list[Any]:
        return list(self._cache.self_attention_cache.layers)

    @property
    def _read(self) -> list[Any]:
        return list(self._cache.cross_attention_cache.layers)

    def _read_already(self) -> Tensor:
        """Stand in for the encoder: cross attention has its keys and values, and only reads widths."""
        rows, width = self._prompts.shape
        hidden = torch.zeros(1, device=self._prompts.device, dtype=self._model.dtype)
        return hidden.expand(rows, width, self._model.config.hidden_size)

    def _send(self, rows: Sequence[Row]) -> None:
        if self._route is not None:
            self._route.set([row.slot for row in rows], self._model.device)


class RowPositions:
    """Has a decoder look its positions up for each row by itself, where it looks them up by number."""

    def __init__(self, model: CausalModel) -> None:
        self._positions: Tensor | None = None
        table = getattr(model.get_decoder(), "embed_positions", None)
        if isinstance(table, nn.Embedding):
            table.register_forward_hook(self._look_up)

    def at(self, positions: Tensor) -> RowPositions:
        """Use these positions, (B, T), while this is entered."""
        self._positions = positions
        return self

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self._positions = None

    def _look_up(self, table: nn.Embedding, _: object, __: object) -> Tensor | None:
        if self._positions is None:
            return None
        # BART's table begins two places late.
        return nn.functional.embedding(self._positions + int(getattr(table, "offset", 0)), table.weight)


def states_of(student: LoadedStudent, *, takes_adapters: bool) -> tuple[RowStates, AdapterStack | CpuDecoder | None]:
    """Choose what holds rows of this student, and what its adapters are put in; takes its weights in where it can.

    An encoder–decoder holds its prompts apart; a decoder that a CPU has a shorter way through goes that way.
    """
    chat, decoder = student.chat, decoder_of(student.model)
    if decoder is not None:
        return CpuStates(decoder), decoder
    stack = AdapterStack(student.model) if takes_adapters else None
    route = stack.route if stack else None
    if chat.is_apart:
        return Seq2SeqStates(student.model, pad=chat.pad, begins=chat.begins, route=route), stack
    return DecoderStates(student.model, pad=chat.pad, route=route), stack
