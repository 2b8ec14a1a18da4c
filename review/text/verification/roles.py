"""Rules on who does what to whom: two names in each other's place around the same verb, or in a sale. Pure Python."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise

from review.text.verification import parties
from review.text.verification.claim import ClaimSentence
from review.text.verification.finding import Unsupported
from review.text.verification.source import SourceText
from review.text.verification.thesaurus import SMALL, reporting
from review.text.verification.words import Word

# Names further apart are rarely subject and object of one verb, nor are they across a clause or a speaker's `I`.
_FAR = 6
_CLAUSE = re.compile(r"[,;:.!?()\n]|\b(?:I|my|we|our|who|which|that)\b")


def exchanged(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """`A bought B` where the passage says `B bought A`; `B was bought by A` is the same as the first."""
    named = [index for index in range(len(sentence.words)) if _is_name(sentence.text, sentence.words, index)]
    for left, right in pairwise(named):
        between = _between(sentence.text, sentence.words, left, right)
        roots = {word.root for word in between if word.text not in SMALL} - reporting()
        if roots and sentence.words[left].root != sentence.words[right].root:
            is_passive = any(word.text == "by" for word in between)
            if _only_reversed(
                sentence.source, sentence.words[left].root, sentence.words[right].root, roots, is_passive
            ):
                start, end = sentence.words[left].start, sentence.words[right].end
                yield Unsupported(start, end, "The passage says this the other way round", "role", 0.7)


def exchanged_sides(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Mark a buyer given as the seller or the sold, and the other way round."""
    told = sentence.source.moves
    if not told:
        return
    takers = {each.taker for each in told} - {""}
    others = ({each.giver for each in told} | {each.thing for each in told}) - {""}
    for move in parties.moves(sentence.text, sentence.words):
        is_taker_other = move.taker in others and move.taker not in takers
        is_other_taker = any(each in takers and each not in others for each in (move.giver, move.thing) if each)
        if is_taker_other or is_other_taker:
            yield Unsupported(move.start, move.end, "The passage says this the other way round", "role", 0.75)


def _is_name(text: str, words: list[Word], index: int) -> bool:
    return text[words[index].start].isupper() and words[index].text not in SMALL


def _only_reversed(source: SourceText, subject: str, other: str, roots: set[str], is_passive: bool) -> bool:
    """Return whether the passage joins the two names by one of these roots, and always in the opposite direction."""
    directions = set()
    others = source.places.get(other, [])
    for first in source.places.get(subject, ()):
        for second in others[bisect_left(others, first - _FAR - 1) : bisect_left(others, first + _FAR + 2)]:
            between = _between(source.text, source.words, min(first, second), max(first, second))
            if roots & {word.root for word in between}:
                directions.add((first < second) != any(word.text == "by" for word in between))
    return bool(directions) and (not is_passive) not in directions


def _between(text: str, words: list[Word], first: int, last: int) -> list[Word]:
    """Words between two of one clause; none where they stand too far apart."""
    if not 1 < last - first <= _FAR + 1 or _CLAUSE.search(text, words[first].end, words[last].start):
        return []
    return words[first + 1 : last]
