"""Words of a text in any script, and the repetition of words among the outputs of one system.

Words of ASCII texts are those of the rouge-score package: lower-case letters and digits, all else between words. In
other scripts a letter keeps its marks, and scripts without blanks between words are read character by character.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from review.text.scripts import WITHOUT_BLANKS

_WITHOUT_BLANKS: Final = re.compile(f"[{WITHOUT_BLANKS}]")
GRAM: Final = 5
_PLAIN: Final = re.compile(r"[a-z0-9]+")


def words(text: str) -> list[str]:
    """Words of a text in lower case, in their order."""
    folded = unicodedata.normalize("NFC", text.lower())
    return _PLAIN.findall(folded) if folded.isascii() else _of_any_script(folded)


def _of_any_script(text: str) -> list[str]:
    result: list[str] = []
    is_open = False
    for sign in text:
        kind = unicodedata.category(sign)[0]
        if kind == "M" and result and is_open:
            result[-1] += sign
        elif kind not in "LN":
            is_open = False
        elif _WITHOUT_BLANKS.match(sign):
            result.append(sign)
            is_open = True
        elif is_open and not _WITHOUT_BLANKS.match(result[-1][0]):
            result[-1] += sign
        else:
            result.append(sign)
            is_open = True
    return result


def self_similarity(texts: Mapping[str, str]) -> dict[str, float]:
    """For each text, its largest Jaccard similarity of five-word shingles to another one's; 0 when alone.

    Args:
        texts: Text by record id; compared all with all, so meant for hundreds.

    Returns:
        A number between 0 and 1 by record id; near 1 means that the system writes the same text for everybody.
    """
    sets = {record: _shingles(text) for record, text in texts.items()}
    return {
        record: max((_jaccard(mine, theirs) for other, theirs in sets.items() if other != record), default=0.0)
        for record, mine in sets.items()
    }


def distinct(texts: Sequence[str], n: int) -> float:
    """Share of the n-grams of words that are different (Li et al., arXiv 1510.03055); 0 without any."""
    read = map(words, texts)
    grams = [tuple(each[i : i + n]) for each in read for i in range(len(each) - n + 1)]
    return len(set(grams)) / len(grams) if grams else 0.0


def _shingles(text: str) -> frozenset[tuple[str, ...]]:
    read = words(text)
    if len(read) <= GRAM:
        return frozenset({tuple(read)}) if read else frozenset()
    return frozenset(tuple(read[i : i + GRAM]) for i in range(len(read) - GRAM + 1))


def _jaccard(first: frozenset[tuple[str, ...]], second: frozenset[tuple[str, ...]]) -> float:
    union = len(first | second)
    return len(first & second) / union if union else 0.0
