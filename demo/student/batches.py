"""Batches of token ids from the pre-training stream, grouped by length.

Examples of like length share a batch, so that right padding is small and a causal mask is enough.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice
from random import Random
from typing import Final

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from demo.student import corpus
from demo.student.documents import ChatPair
from demo.student.tokenizer import CONTEXT, END, PAD_ID, chat

IGNORED: Final = -100
# Number of examples for each 32,768 positions of a batch, so that a chunk makes many batches.
EXAMPLES_PER_CHUNK: Final = 1536


@dataclass(frozen=True, slots=True)
class Example:
    """Token ids and, for each, the id to predict at the position before it, or -100."""

    ids: list[int]
    labels: list[int]


@dataclass(frozen=True, slots=True)
class DemoBatch:
    """Rows of equal length; `ids` and `labels` are int64, (B, T)."""

    ids: Tensor
    labels: Tensor


def example(tokenizer: Tokenizer, item: ChatPair | str) -> Example:
    """Encode one item: a pair is supervised on its completion and end mark, a text throughout."""
    if isinstance(item, str):
        ids = tokenizer.encode(item + END).ids
        return Example(ids, list(ids))
    before = tokenizer.encode(chat(item.prompt)).ids
    after = tokenizer.encode(item.completion + END).ids
    return Example(before + after, [IGNORED] * len(before) + after)


def padded(examples: list[Example], *, pad_id: int) -> DemoBatch:
    """Pad rows on the right to the longest of them."""
    width = max(len(row.ids) for row in examples)
    return DemoBatch(
        torch.tensor([row.ids + [pad_id] * (width - len(row.ids)) for row in examples]),
        torch.tensor([row.labels + [IGNORED] * (width - len(row.labels)) for row in examples]),
    )


def grouped(examples: list[Example], *, tokens: int, pad_id: int) -> Iterator[DemoBatch]:
    """Yield batches of at most `tokens` padded positions, with rows of like length."""
    rows: list[Example] = []
    for row in sorted(examples, key=lambda row: len(row.ids)):
        if rows and (len(rows) + 1) * len(row.ids) > tokens:
            yield padded(rows, pad_id=pad_id)
            rows = []
        rows.append(row)
    if rows:
        yield padded(rows, pad_id=pad_id)


def chunk(tokenizer: Tokenizer, *, seed: int, number: int, mix: corpus.Mix, tokens: int) -> list[DemoBatch]:
    """Return the shuffled batches of one chunk of the stream.

    Args:
        number: Number of the chunk; each has examples of its own.
        tokens: Largest number of padded positions in a batch.
    """
    items = corpus.example_stream(seed * 1_000_003 + number, mix)
    size = EXAMPLES_PER_CHUNK * math.ceil(tokens / 32_768)
    examples = [example(tokenizer, item) for item in islice(items, size)]
    fitting = [row for row in examples if len(row.ids) <= CONTEXT]
    batches = list(grouped(fitting, tokens=tokens, pad_id=PAD_ID))
    Random(seed + number).shuffle(batches)
    return batches


class _Chunks(IterableDataset[DemoBatch]):
    """Endless batches of every n-th chunk, where n processes share the work."""

    def __init__(self, tokenizer: Tokenizer, *, seed: int, mix: corpus.Mix, tokens: int) -> None:
        self.tokenizer, self.seed, self.mix, self.tokens = tokenizer, seed, mix, tokens

    def __iter__(self) -> Iterator[DemoBatch]:
        worker = get_worker_info()
        first, step = (worker.id, worker.num_workers) if worker else (0, 1)
        for number in count(first, step):
            yield from chunk(self.tokenizer, seed=self.seed, number=number, mix=self.mix, tokens=self.tokens)


def stream(tokenizer: Tokenizer, *, seed: int, mix: corpus.Mix, tokens: int, processes: int) -> Iterator[DemoBatch]:
    """Yield batches without end, the same for the same arguments.

    Args:
        tokens: Largest number of padded positions in a batch.
        processes: Number of processes that make batches ahead of use; 0 makes them in this one.
    """
    chunks = _Chunks(tokenizer, seed=seed, mix=mix, tokens=tokens)
    return iter(DataLoader(chunks, batch_size=None, num_workers=processes, prefetch_factor=8 if processes else None))
