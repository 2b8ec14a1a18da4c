"""Imitation: the next-token loss on completions, nats per supervised token. Also the base of behavioural cloning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from training.engine.data.chat import Chat
from training.engine.data.packing import PackedRows, pack
from training.engine.data.prefetch import Prefetcher
from training.engine.data.sft_rows import PaddedBatch, TokenRow, collate
from training.engine.loss.supervised_head import Network
from training.engine.objectives.base import Measures
from training.engine.seq2seq import batch as apart
from training.engine.seq2seq.batch import Seq2SeqBatch

RowBatch = PaddedBatch | PackedRows | Seq2SeqBatch


@dataclass(frozen=True)
class Sft:
    """Supervised fine-tuning on `sft` files.

    Attributes:
        packs: Rows of a batch lie one behind the other instead of padded; the model must be reading packed rows.
        ahead: Makes batches beforehand, by `batch`.
    """

    chat: Chat
    packs: bool = False
    ahead: Prefetcher[RowBatch] | None = None

    def batch(self, items: Sequence[TokenRow]) -> RowBatch:
        if self.chat.is_apart:
            return apart.collate(items, self.chat.pad, self.chat.begins[0])
        return pack(items) if self.packs else collate(items, self.chat.pad)

    def loss(self, network: Network, items: Sequence[TokenRow]) -> tuple[Tensor, Measures]:
        """Summed next-token loss of the completions, in nats."""
        batch = (self.batch(items) if self.ahead is None else self.ahead.take(items)).to(network.device)
        inputs = {**network.extra_inputs(batch.input_ids), **batch.inputs()}
        return network.head.loss(network.model, batch.input_ids, batch.positions, batch.targets, **inputs), {}

    def normaliser(self, items: Sequence[TokenRow]) -> int:
        return sum(row.supervised for row in items)
