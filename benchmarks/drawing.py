"""Drawing a token by top-p: our race of noise against sorting the vocabulary row by row, in turns on the same scores.

    make bench NAME=drawing

Gemma's vocabulary, 262,144 tokens, one row and sixteen, on one thread of the CPU. The last line is one JSON object; `ratio`
is the sort's median time over ours for sixteen rows.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Sequence

import torch
from torch import Tensor

from training.engine.model.sampling import TokenSampling, sample_tokens

SIZE = 262_144
TOP_P = 0.9
ROUNDS = {1: 31, 16: 7}


def by_sorting(scores: Tensor, wishes: Sequence[TokenSampling]) -> list[int]:
    """Draw as is usual: sort each row's probabilities, cut, and draw from what is left."""
    drawn = []
    for row, wish in zip(scores, wishes, strict=True):
        ranked, tokens = torch.softmax(row / wish.temperature, dim=0).sort(descending=True)
        ranked[(ranked.cumsum(dim=0) - ranked) >= wish.top_p] = 0.0
        dice = torch.Generator().manual_seed(wish.seed)
        drawn.append(int(tokens[torch.multinomial(ranked, 1, generator=dice)]))
    return drawn


def measure(rows: int) -> dict[str, float]:
    """Median milliseconds of both for so many rows."""
    scores = torch.randn(rows, SIZE, generator=torch.Generator().manual_seed(rows)) * 4
    taken: dict[str, list[float]] = {"sorted": [], "raced": []}
    for turn in range(ROUNDS[rows]):
        wishes = [TokenSampling(1.0, TOP_P, row, turn) for row in range(rows)]
        for name, way in (("sorted", by_sorting), ("raced", sample_tokens)):
            began = time.perf_counter()
            way(scores, wishes)
            taken[name].append(time.perf_counter() - began)
    return {name: round(statistics.median(seconds) * 1000, 2) for name, seconds in taken.items()}


def main() -> int:
    """Measure and print."""
    torch.set_num_threads(1)
    found = {rows: measure(rows) for rows in ROUNDS}
    for rows, milliseconds in found.items():
        print(f"{rows} x {SIZE}: sorted {milliseconds['sorted']} ms, raced {milliseconds['raced']} ms")
    ratios = {rows: round(each["sorted"] / each["raced"], 1) for rows, each in found.items()}
    print(json.dumps({"bench": "drawing", "ratio": ratios[16], "ratios": ratios, "ms": found, "size": SIZE}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
