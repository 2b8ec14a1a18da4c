"""Imitation: the next-token loss on completions, nats per supervised token. Also the base of behavioural cloning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from training.engine.ahead import Ahead
from training.engine.chat import Chat
from training.engine.data import Batch, Row, collate
from training.engine.objectives.contracts import Measures, Network
from training.engine.packing.lines import Line, lay


@dataclass(frozen=True)
class Sft:
    """Supervised fine-tuning on `sft` files.

    Attributes:
        chat: The student's tokenizer and template.
        packs: Rows of a batch lie one behind the other instead of padded; the model must be reading packed rows.
        ahead: Makes batches beforehand, by `batch`.
    """

    chat: Chat
    packs: bool = False
    ahead: Ahead[Batch | Line] | None = None

    def batch(self, items: Sequence[Row]) -> Batch | Line:
        """Rows as the model reads them."""
        return lay(items) if self.packs else collate(items, self.chat.pad)

    def loss(self, network: Network, items: Sequence[Row]) -> tuple[Tensor, Measures]:
        """Summed next-token loss of the completions, in nats."""
        batch = (self.batch(items) if self.ahead is None else self.ahead.take(items)).to(network.device)
        inputs = {**network.extra_inputs(batch.input_ids), **batch.inputs()}
        return network.head.loss(network.model, batch.input_ids, batch.positions, batch.targets, **inputs), {}

    def normaliser(self, items: Sequence[Row]) -> int:
        """Supervised tokens."""
        return sum(row.supervised for row in items)
