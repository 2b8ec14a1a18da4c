"""Repetition among the outputs of one system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evaluation.metrics import words as reading

GRAM = 5


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
    grams = [tuple(words[i : i + n]) for text in texts if (words := _words(text)) for i in range(len(words) - n + 1)]
    return len(set(grams)) / len(grams) if grams else 0.0


def _shingles(text: str) -> frozenset[tuple[str, ...]]:
    words = _words(text)
    if len(words) <= GRAM:
        return frozenset({tuple(words)}) if words else frozenset()
    return frozenset(tuple(words[i : i + GRAM]) for i in range(len(words) - GRAM + 1))


def _words(text: str) -> list[str]:
    return reading.words(text)


def _jaccard(first: frozenset[tuple[str, ...]], second: frozenset[tuple[str, ...]]) -> float:
    union = len(first | second)
    return len(first & second) / union if union else 0.0
