"""Overlap of texts in runs of words: a check that nothing of the demo's records leaked into what its models
learn from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORDS = re.compile(r"\w+")


def words(text: str) -> list[str]:
    return _WORDS.findall(text.lower())


def overlap(texts: Iterable[str], against: Iterable[str], *, n: int = 8) -> float:
    """Share of the word n-grams of `texts` that also occur in `against`.

    Args:
        texts: The documents under test, e.g. the demo's mails.

    Returns:
        A share from 0 to 1; repeated n-grams count each time; 0 when `texts` has none.
    """
    seen: set[tuple[str, ...]] = set()
    for text in against:
        text_words = words(text)
        seen.update(zip(*(text_words[i:] for i in range(n)), strict=False))
    grams = [gram for text in texts for gram in zip(*(words(text)[i:] for i in range(n)), strict=False)]
    return sum(gram in seen for gram in grams) / len(grams) if grams else 0.0
