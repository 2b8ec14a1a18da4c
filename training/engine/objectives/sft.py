"""Imitation: the next-token loss on completions, nats per supervised token. Also the base of behavioural cloning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from training.engine import data
from training.engine.ahead import Ahead
from training.engine.chat import Chat
from training.engine.data import Batch, Row, collate
from training.engine.objectives.contracts import Measures, Network
from training.engine.packing.lines import Line, lay
from training.engine.tokens.cache import TokenCache, key_of


@dataclass(frozen=True)
class Sft:
    """Supervised fine-tuning on `sft` files.

    Attributes:
        chat: The student's tokenizer and template.
        cache: Where tokens of a file are kept for other runs; None keeps none.
        packs: Rows of a batch lie one behind the other instead of padded; the model must be reading packed rows.
        ahead: Makes batches beforehand, by `batch`.
    """

    chat: Chat
    cache: TokenCache | None = None
    packs: bool = False
    ahead: Ahead[Batch | Line] | None = None

    def read(self, path: Path, *, max_length: int, max_rows: int | None = None) -> Sequence[Row]:
        """Rows of an `sft` file; see `data.read`."""
        rows = self._rows(path, max_rows)
        data.require_fitting(rows, max_length)
        return rows

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

    def _rows(self, path: Path, max_rows: int | None) -> Sequence[Row]:
        # A file that is not there is refused with its name where files are read.
        key = key_of(path, self.chat, max_rows=max_rows) if self.cache and path.is_file() else None
        if self.cache is None or key is None:
            return data.encoded(path, self.chat, max_rows=max_rows)
        return self.cache.rows(key, lambda: data.encoded(path, self.chat, max_rows=max_rows))
