"""The next token of each row of a batch, drawn as its own question asks."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from serving.engine.row import Row
from training.engine import drawing
from training.engine.drawing import Wish


def draw(scores: Tensor, rows: Sequence[Row]) -> list[int]:
    """Next tokens from scores (B, V), which may be changed in place.

    A row's draw depends on its own scores, seed and earlier tokens alone, whatever shares its batch.

    Raises:
        ValueError: Scores are no numbers.
    """
    for number, row in enumerate(rows):
        if forbidden := row.said.forbidden:
            scores[number, list(forbidden)] = -torch.inf
    return drawing.draw(scores, [wish_of(row) for row in rows])


def wish_of(row: Row) -> Wish:
    """How a row's next token is drawn."""
    asked = row.sampling
    return Wish(asked.temperature, asked.top_p, row.seed, len(row.written))
