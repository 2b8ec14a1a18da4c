"""A text that is verified, cut into sentences with their words. Pure Python."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from review.text.verification import negation
from review.text.verification.quantities import Quantity, quantities
from review.text.verification.reckoning import Reckoning
from review.text.verification.source import SourceText
from review.text.verification.telling import Telling, telling
from review.text.verification.words import Word, listed, sentences_of, stem, words_of

_LOSSES = frozenset(
    stem(word)
    for word in listed(
        "lose miss ban prohibit forbid remove reject exclude exclusive except aside apart stop quit waive accuse "
        "allege suspect too rather instead"
    )
)

# A passage with at most so many numbers is reckoned with as a whole.
_FEW = 10


@dataclass(frozen=True)
class ClaimSentence:
    """One sentence in front of the passage.

    Attributes:
        text: The whole text, in which places count.
        start: First character.
        end: One past the last.
    """

    source: SourceText
    text: str
    start: int
    end: int
    words: list[Word]

    @cached_property
    def quantities(self) -> list[Quantity]:
        """Its numbers, dates and times; places count from the start of the sentence."""
        return quantities(self.text[self.start : self.end])

    @cached_property
    def telling(self) -> list[Telling]:
        """Its telling words and quantities in their order, at their places in the text."""
        moved = [replace(each, start=each.start + self.start, end=each.end + self.start) for each in self.quantities]
        return telling(self.text, self.words, moved)

    @cached_property
    def stems(self) -> frozenset[str]:
        return frozenset(word.stem for word in self.words)

    @cached_property
    def roots(self) -> frozenset[str]:
        return frozenset(word.root for word in self.words)

    @cached_property
    def loses(self) -> bool:
        """Return whether a word says that something is gone, denied or alleged: `lost power`, `bans cars`."""
        return any(word.stem in _LOSSES for word in self.words)

    @cached_property
    def closest(self) -> list[int]:
        """Sentences of the passage it resembles most."""
        return self.source.closest(self.words)

    @cached_property
    def closest_texts(self) -> frozenset[str]:
        """Words of those sentences."""
        return frozenset(word.text for sentence in self.closest for word in self.source.words_in(sentence))

    @cached_property
    def reckoning(self) -> Reckoning:
        """Numbers of the passage that its own may be worked out from.

        In prose with many numbers these are those of the closest sentence, and those that the claim tells too: almost
        any number is by chance the sum or difference of two of many.
        """
        source = self.source
        if source.sheet or not self.closest or sum(each.kind == "number" for each in source.quantities.all) <= _FEW:
            return source.reckoning
        start, end = source.sentences[self.closest[0]]
        told = set().union(*(each.values for each in self.quantities))
        near = [each for each in source.quantities.all if start <= each.start < end or told & each.values]
        return Reckoning(source.text, near)

    @cached_property
    def cues(self) -> list[int]:
        """Indices of words that deny."""
        return negation.cues(self.words)

    @cached_property
    def denied(self) -> frozenset[int]:
        """Indices of all words a cue reaches."""
        return frozenset(index for cue in self.cues for index in self.reached(cue))

    @cached_property
    def denied_starts(self) -> frozenset[int]:
        """Places of those words in the text."""
        return frozenset(self.words[index].start for index in self.denied)

    def reached(self, cue: int) -> list[int]:
        """Indices of the words that a cue denies, the nearest first."""
        return negation.reached(self.text, self.words, cue)


def sentences(source: SourceText, text: str) -> Iterator[ClaimSentence]:
    """The sentences of a text."""
    words, at = words_of(text), 0
    for start, end in sentences_of(text):
        first = at
        while at < len(words) and words[at].start < end:
            at += 1
        if at > first:
            yield ClaimSentence(source, text, start, end, words[first:at])
