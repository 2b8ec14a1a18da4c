"""Imitation: the next-token loss on completions, nats per supervised token. Also the base of behavioural cloning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from training.engine import data
from training.engine.chat import Chat
from training.engine.data import Row, collate
from training.engine.objectives.contracts import Measures, Network


@dataclass(frozen=True)
class Sft:
    """Supervised fine-tuning on `sft` files."""

    chat: Chat

    def read(self, path: Path, *, max_length: int, max_rows: int | None = None) -> list[Row]:
        """Rows of an `sft` file; see `data.read`."""
        return data.read(path, self.chat, max_length=max_length, max_rows=max_rows)

    def loss(self, network: Network, items: Sequence[Row]) -> tuple[Tensor, Measures]:
        """Summed next-token loss of the completions, in nats."""
        batch = collate(items, network.pad).to(network.device)
        extra = network.extra_inputs(batch.input_ids)
        return network.head.loss(network.model, batch.input_ids, batch.positions, batch.targets, **extra), {}

    def normaliser(self, items: Sequence[Row]) -> int:
        """Supervised tokens."""
        return sum(row.supervised for row in items)
