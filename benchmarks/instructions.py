"""The pairs of instruction and answer that tuning is measured on: a public collection's,
or made ones of the same sizes.
"""

from __future__ import annotations

import gzip
import itertools
import json
import os
import random
from pathlib import Path
from typing import Final

# Dolly (Conover and others 2023), 2,996 pairs of it.
FILE: Final = Path("instructions", "dolly_3k.jsonl.gz")
COUNT: Final = 3_000
MADE: Final = "made"
# Of that collection: words of a text (mean and deviation of their logarithm, and most), how many pairs have an input,
# and how many words there are. A word's share falls there with its rank, too.
WORDS_OF: Final = {"instruction": (2.28, 0.61, 266), "input": (4.81, 0.91, 1918), "output": (3.47, 1.25, 1513)}
WITH_INPUT: Final = 0.145
WORDS: Final = 50_000
SYLLABLES: Final = [first + second for first in "bdfgklmnprstvz" for second in "aeiou"]


def read() -> tuple[str, list[dict[str, str]]]:
    """Return the name of the data and its pairs: the file under `SHARED_DATA_DIR`,
    or made ones where no folder is named.
    """
    folder = os.environ.get("SHARED_DATA_DIR")
    if not folder:
        return MADE, made()
    with gzip.open(Path(folder) / FILE, "rt", encoding="utf-8") as lines:
        return FILE.name, [json.loads(line) for line in lines]


def made(count: int = COUNT, *, seed: int = 11) -> list[dict[str, str]]:
    """Make pairs of words without a meaning, always the same ones for a seed."""
    chance = random.Random(seed)
    # The more frequent a word, the shorter.
    words = ["".join(chance.choices(SYLLABLES, k=len(str(rank)))) for rank in range(1, WORDS + 1)]
    shares = list(itertools.accumulate(1 / rank for rank in range(1, WORDS + 1)))

    def text(part: str) -> str:
        mean, deviation, most = WORDS_OF[part]
        length = min(most, max(1, round(chance.lognormvariate(mean, deviation))))
        return " ".join(chance.choices(words, cum_weights=shares, k=length))

    return [
        {part: text(part) if part != "input" or chance.random() < WITH_INPUT else "" for part in WORDS_OF}
        for _ in range(count)
    ]
