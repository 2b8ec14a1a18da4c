"""Turns the pre-training stream into batches of token ids grouped by length.

Examples of like length share a batch, so that right padding stays small and a causal mask is all that attention
needs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import Final

from tokenizers import Tokenizer

from demo.student import corpus
from demo.student.documents import ChatPair
from demo.student.tokenizer import CONTEXT, END, PAD_ID, chat

IGNORED: Final = -100
EXAMPLES_PER_CHUNK: Final = 1536


@dataclass(frozen=True, slots=True)
class Example:
    """Token ids and, for each, the id to predict at that place's left neighbour, or -100."""

    ids: list[int]
    labels: list[int]


@dataclass(frozen=True, slots=True)
class DemoBatch:
    """Rows of equal length; `ids` and `labels` are (B, T)."""

    ids: list[list[int]]
    labels: list[list[int]]


def example(tokenizer: Tokenizer, item: ChatPair | str) -> Example:
    """Ids and labels of one item: a pair is supervised on its completion and end mark, text throughout."""
    if isinstance(item, str):
        ids = tokenizer.encode(item + END).ids
        return Example(ids, list(ids))
    before = tokenizer.encode(chat(item.prompt)).ids
    after = tokenizer.encode(item.completion + END).ids
    return Example(before + after, [IGNORED] * len(before) + after)


def padded(examples: list[Example], *, pad_id: int) -> DemoBatch:
    """Rows padded on the right to the longest of them."""
    width = max(len(row.ids) for row in examples)
    return DemoBatch(
        [row.ids + [pad_id] * (width - len(row.ids)) for row in examples],
        [row.labels + [IGNORED] * (width - len(row.labels)) for row in examples],
    )


def grouped(examples: list[Example], *, tokens: int, pad_id: int) -> Iterator[DemoBatch]:
    """Batches of at most `tokens` padded places, neighbours in length together."""
    rows: list[Example] = []
    for row in sorted(examples, key=lambda row: len(row.ids)):
        if rows and (len(rows) + 1) * len(row.ids) > tokens:
            yield padded(rows, pad_id=pad_id)
            rows = []
        rows.append(row)
    if rows:
        yield padded(rows, pad_id=pad_id)


def chunk(tokenizer: Tokenizer, *, seed: int, number: int, mix: corpus.Mix, tokens: int) -> list[DemoBatch]:
    """The shuffled batches of one chunk of the stream.

    Args:
        number: Which chunk; each has examples of its own.
        tokens: Padded places in a batch, at most.
    """
    items = corpus.example_stream(seed * 1_000_003 + number, mix)
    examples = [example(tokenizer, item) for item in islice(items, EXAMPLES_PER_CHUNK)]
    fitting = [row for row in examples if len(row.ids) <= CONTEXT]
    batches = list(grouped(fitting, tokens=tokens, pad_id=PAD_ID))
    Random(seed + number).shuffle(batches)
    return batches
