"""Sentences of a claim aligned word by word with sentences of the passage, and the gaps where a copy differs.

Pure Python.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

from review.text.verification import negation
from review.text.verification.claim import ClaimSentence
from review.text.verification.quantities import Quantity
from review.text.verification.source import SourceText
from review.text.verification.thesaurus import SMALL
from review.text.verification.words import Word

# Telling words that a copy shares with its sentence.
_SHARED = 3
# Words of a gap; words on each side that are its company, and how many telling ones of them both sentences share.
_WORDS, REACH, _TOGETHER = 3, 4, 2


class Token(NamedTuple):
    """A word or a quantity at its place; small words keep their spelling, others are compared by root."""

    start: int
    end: int
    key: str
    is_telling: bool
    word: Word | None = None
    quantity: Quantity | None = None


class Gap(NamedTuple):
    """A place where a copy differs, between words that both sentences share.

    Attributes:
        theirs: Words of the passage in the gap.
        mine: Words of the claim in the gap.
        around_theirs: Words of the passage in the gap and around it.
        around_mine: Words of the claim in the gap and around it.
        company: Telling words around the gap that both share.
        sides: How many sides have company.
    """

    sentence: int
    theirs: Sequence[Token]
    mine: Sequence[Token]
    around_theirs: Sequence[Token]
    around_mine: Sequence[Token]
    company: int
    sides: int


class PassageTokens:
    """Tokens and denials of a passage by its sentences, read when they are first compared."""

    def __init__(self, source: SourceText) -> None:
        self._source = source
        self._tokens: dict[int, list[Token]] = {}
        self._denied: dict[int, set[str]] = {}

    def of(self, number: int) -> list[Token]:
        """Tokens of a sentence."""
        if number not in self._tokens:
            every, (start, end) = self._source.quantities.all, self._source.sentences[number]
            first, last = (bisect_left(every, place, key=lambda each: each.start) for place in (start, end))
            self._tokens[number] = _tokens(self._source.words_in(number), every[first:last], 0)
        return self._tokens[number]

    def denied_in(self, number: int) -> set[str]:
        """Roots of the words that a sentence denies."""
        if number not in self._denied:
            words, text = self._source.words_in(number), self._source.text
            reached = (negation.reached(text, words, cue) for cue in negation.cues(words))
            self._denied[number] = {words[at].root for each in reached for at in each}
        return self._denied[number]


@lru_cache(maxsize=16)
def passage_tokens(source: SourceText) -> PassageTokens:
    return PassageTokens(source)


def gaps(sentence: ClaimSentence) -> Iterator[Gap]:
    """Gaps between a claim and each of the closest sentences of the passage that have company enough."""
    mine, passage = _tokens(sentence.words, sentence.quantities, sentence.start), passage_tokens(sentence.source)
    telling = {each.key for each in mine if each.is_telling}
    matcher = SequenceMatcher(None, "", [each.key for each in mine], autojunk=False)
    for number in sentence.closest:
        theirs = [each.key for each in passage.of(number)]
        if len(telling.intersection(theirs)) >= _SHARED:
            matcher.set_seq1(theirs)
            yield from _gaps(number, passage.of(number), mine, matcher)


def _gaps(number: int, theirs: Sequence[Token], mine: Sequence[Token], matcher: SequenceMatcher[str]) -> Iterator[Gap]:
    blocks = matcher.get_matching_blocks()
    shared = {block.b + step: block.a + step for block in blocks for step in range(block.size)}
    ends = [(0, 0), *((block.a + block.size, block.b + block.size) for block in blocks)]
    for (at, to), block in zip(ends, blocks, strict=False):
        if not 0 < max(block.a - at, block.b - to) <= _WORDS:
            continue
        left = _company(mine, shared, range(max(0, to - REACH), to), range(at - REACH - 1, at))
        right = _company(mine, shared, range(block.b, block.b + REACH), range(block.a, block.a + REACH + 1))
        if left + right >= _TOGETHER:
            around = theirs[max(0, at - REACH) : block.a + REACH], mine[max(0, to - REACH) : block.b + REACH]
            sides = (left > 0) + (right > 0)
            yield Gap(number, theirs[at : block.a], mine[to : block.b], *around, left + right, sides)


def _company(mine: Sequence[Token], shared: dict[int, int], own: range, their: range) -> int:
    """Count the telling words among some of the claim that are aligned with some of the passage."""
    return sum(at in shared and shared[at] in their and mine[at].is_telling for at in own)


def _tokens(words: Sequence[Word], quantities: Sequence[Quantity], moved: int) -> list[Token]:
    """Words and quantities in their order; a quantity, found from `moved` on, stands for the words it is made of."""
    found = [
        Token(each.start + moved, each.end + moved, f"{each.kind} {min(each.amounts())}", True, quantity=each)
        for each in quantities
    ]
    counted = {place for each in found for place in range(each.start, each.end)}
    for word in words:
        if word.start not in counted:
            is_telling = word.text not in SMALL and not negation.is_cue(word)
            found.append(Token(word.start, word.end, word.root if is_telling else word.text, is_telling, word))
    return sorted(found, key=lambda each: each.start)
