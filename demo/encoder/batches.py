"""Batches of the demo encoder's stream of pairs, grouped by length, with some tokens masked."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from random import Random
from typing import Final

import torch
from tokenizers import Tokenizer
from torch import Tensor

from demo.encoder import stream
from demo.encoder.network import IGNORED, Batch
from demo.encoder.stream import Pair
from demo.encoder.tokenizer import END_ID, MASK_ID, PAD_ID, SPECIAL

PAIRS_PER_CHUNK: Final = 512
MAX_PAIRS: Final = 96
LONGEST: Final = 128
MASKED: Final = 0.2
KEPT: Final = 0.1

Encoded = tuple[Pair, list[int], list[int]]


def chunk(tokenizer: Tokenizer, *, seed: int, number: int, tokens: int) -> list[Batch]:
    """Return the shuffled batches of one chunk of the stream.

    Args:
        number: Number of the chunk; each has pairs of its own.
        tokens: Largest number of padded positions in a batch.
    """
    rng = Random(seed * 1_000_003 + number)
    pairs = list(islice(stream.pairs(seed * 1_000_003 + number), PAIRS_PER_CHUNK))
    encoded = [(pair, _ids(tokenizer, pair.first.text), _ids(tokenizer, pair.second.text)) for pair in pairs]
    made = [masked(rng, rows, vocabulary=tokenizer.get_vocab_size()) for rows in grouped(encoded, tokens=tokens)]
    rng.shuffle(made)
    return made


def grouped(encoded: list[Encoded], *, tokens: int) -> Iterator[list[Encoded]]:
    """Yield the rows of batches: at most `tokens` padded positions, pairs of like length; never one pair alone."""
    rows: list[Encoded] = []
    for row in sorted(encoded, key=_length):
        if len(rows) > 1 and (len(rows) == MAX_PAIRS or 2 * (len(rows) + 1) * _length(row) > tokens):
            yield rows
            rows = []
        rows.append(row)
    if len(rows) > 1:
        yield rows


def masked(rng: Random, rows: list[Encoded], *, vocabulary: int) -> Batch:
    """Mask a batch: a fifth of the tokens are labels, most of them hidden, a few visible or replaced."""
    texts = [row[1] for row in rows] + [row[2] for row in rows]
    width = max(map(len, texts))
    ids, labels = [], []
    for text in texts:
        chosen = [token >= len(SPECIAL) and rng.random() < MASKED for token in text]
        shown = [_shown(rng, token, vocabulary) if hit else token for token, hit in zip(text, chosen, strict=True)]
        ids.append(shown + [PAD_ID] * (width - len(text)))
        hidden = [token if hit else IGNORED for token, hit in zip(text, chosen, strict=True)]
        labels.append(hidden + [IGNORED] * (width - len(text)))
    numbers: dict[str, int] = {}
    concepts = [numbers.setdefault(row[0].concept, len(numbers)) for row in rows]
    languages = [row[0].first.language for row in rows] + [row[0].second.language for row in rows]
    as_ids = torch.tensor(ids)
    return Batch(
        ids=as_ids,
        mask=(as_ids != PAD_ID).long(),
        labels=torch.tensor(labels),
        concepts=torch.tensor(concepts),
        languages=torch.tensor(languages),
    )


def counts(tokenizer: Tokenizer, pairs: list[Pair]) -> Tensor:
    """Count the texts of each concept that hold a token, (V, C)."""
    numbers: dict[str, int] = {}
    at = [
        (token, numbers.setdefault(pair.concept, len(numbers)))
        for pair in pairs
        for side in (pair.first, pair.second)
        for token in set(tokenizer.encode(side.text, add_special_tokens=False).ids)
    ]
    table = torch.zeros(tokenizer.get_vocab_size(), len(numbers))
    table.index_put_(tuple(torch.tensor(at).T), torch.ones(len(at)), accumulate=True)
    return table


def _shown(rng: Random, token: int, vocabulary: int) -> int:
    kind = rng.random()
    if kind < 1 - 2 * KEPT:
        return MASK_ID
    return token if kind < 1 - KEPT else rng.randrange(len(SPECIAL), vocabulary)


def _ids(tokenizer: Tokenizer, text: str) -> list[int]:
    ids: list[int] = tokenizer.encode(text).ids
    return ids if len(ids) <= LONGEST else [*ids[: LONGEST - 1], END_ID]


def _length(row: Encoded) -> int:
    return max(len(row[1]), len(row[2]))
