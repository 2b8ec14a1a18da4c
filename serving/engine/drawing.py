"""The next token of each row of a batch, drawn as its own question asks. Pure but for each row's dice."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from serving.engine.row import Row


def draw(scores: Tensor, rows: Sequence[Row]) -> list[int]:
    """Next tokens from scores (B, V), which may be changed in place.

    A row's draw depends on its own scores, dice and earlier tokens alone, whatever shares its batch.
    """
    for number, row in enumerate(rows):
        if forbidden := row.said.forbidden:
            scores[number, list(forbidden)] = -torch.inf
    likeliest = scores.argmax(dim=1).tolist()
    return [
        int(likeliest[number]) if row.sampling.temperature == 0 else _drawn(scores[number], row)
        for number, row in enumerate(rows)
    ]


def _drawn(scores: Tensor, row: Row) -> int:
    probabilities = torch.softmax(scores / row.sampling.temperature, dim=0).cpu()
    ranked, tokens = probabilities.sort(descending=True)
    # A token stays while the mass before it is below top_p, so the likeliest always stays.
    ranked[(ranked.cumsum(dim=0) - ranked) >= row.sampling.top_p] = 0.0
    return int(tokens[torch.multinomial(ranked, 1, generator=row.dice)])
