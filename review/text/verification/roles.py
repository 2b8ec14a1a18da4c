"""Rules on who does what to whom: two names in each other's place around the same verb, or in a sale. Pure Python."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from review.text.reading.names import COMMON, opens_sentence
from review.text.verification import parties
from review.text.verification.claim import ClaimSentence
from review.text.verification.finding import Unsupported
from review.text.verification.source import SourceText
from review.text.verification.thesaurus import SMALL, reporting
from review.text.verification.words import Word, is_past, words_of

# Names further apart are rarely subject and object of one verb, nor are they across a clause or a speaker's `I`.
_FAR = 6
_CLAUSE = re.compile(r"[,;:.!?()\n]|\b(?:I|my|we|our|who|which|that)\b")

# A name before a verb with its auxiliaries, one behind a verb, and one behind *by*.
_NAMED = r"([A-Z][\w\u2019'-]*(?: (?:(?:de|van|von|der|la|al|bin|of|of the) )?[A-Z][\w\u2019'-]*)*)"
_DOER = re.compile(
    rf"(?<![\w'\u2019-]){_NAMED},?(?: (?:has|have|had|was|were|is|are|be|been|being|will|would|could|may|might|did|to"
    r"|who|also|already|then|now|just|later|since|\w+ly))* $"
)
_OTHER = re.compile(rf" (?:(?:the|their|his|her|its|former|striker|manager|captain|director) )*{_NAMED}")
_BY = re.compile(rf"(?: \w+){{0,2}} by (?:\w+ ){{0,2}}?{_NAMED}")
_PASSIVE = re.compile(r"\b(?:was|were|been|being|is|are|be)(?: \w+ly)? $")
_ASIDE, _LISTED = re.compile(r",(?! who)"), re.compile(r"(?:, | and )$")
_LOOKED_BACK = 90
# Words around a verb, and how many telling ones a claim and the passage share.
_NEAR, _SHARED = 12, 2


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


def other_party(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """A name that does, or undergoes, what only another does in the passage: *Ines resigned* where Hugo did."""
    text, source = sentence.text, sentence.source
    for word in sentence.words if not source.sheet and not sentence.cues else ():
        if not _is_verb(text, word) or word.root in reporting() or not source.has(word.root):
            continue
        for role, own in enumerate(_parties(text, word)):
            if own and _roots(own[1]) & _names_inside(source) and _is_of_another(sentence, word, role, _roots(own[1])):
                yield Unsupported(own.start(1), own.end(1), "The passage names another here", "role", 0.7)
                return


def _is_of_another(sentence: ClaimSentence, word: Word, role: int, names: set[str]) -> bool:
    """Return whether the passage tells a verb only of others, whom the claim does not name, once in its company."""
    source, shared, inside = sentence.source, 0, _names_inside(sentence.source)
    own = _around(sentence.words, sentence.words.index(word)) - names
    for place in source.places[word.root]:
        other = _parties(source.text, source.words[place])[role]
        theirs = _roots(other[1]) if other else set()
        if not theirs & inside or names & source.roots_of(source.sentence_of(place)) or theirs & sentence.roots:
            return False
        shared = max(shared, len(own & _around(source.words, place)))
    return shared >= _SHARED


def _around(words: Sequence[Word], index: int) -> set[str]:
    """Roots of the telling words around one."""
    near = [*words[max(0, index - _NEAR) : index], *words[index + 1 : index + 1 + _NEAR]]
    return {each.root for each in near if each.text not in SMALL}


def _is_verb(text: str, word: Word) -> bool:
    """Return whether a word has a verb's past form, or stands behind *will* or *would*."""
    if text[word.start].isupper() or word.text in SMALL:
        return False
    return is_past(word) or text[max(0, word.start - 6) : word.start].endswith((" will ", "would "))


def _parties(text: str, verb: Word) -> tuple[re.Match[str] | None, re.Match[str] | None]:
    """Names of who does and who undergoes what a verb tells."""
    doer = _DOER.search(text, max(0, verb.start - _LOOKED_BACK), verb.start)
    # The end of a clause about somebody else, or of a list: *Ines, who knew Hugo, left*, *Ines and Hugo left*.
    if doer and bool(_ASIDE.match(text, doer.end(1))) != bool(_LISTED.search(text, 0, doer.start(1))):
        doer = None
    if _PASSIVE.search(text, max(0, verb.start - _LOOKED_BACK), verb.start):
        return _BY.match(text, verb.end), doer
    return doer, _OTHER.match(text, verb.end)


def _roots(name: str) -> set[str]:
    return {word.root for word in words_of(name) if word.text not in SMALL | COMMON}


@lru_cache(maxsize=16)
def _names_inside(source: SourceText) -> frozenset[str]:
    """Roots of the words of a passage that have a capital inside a sentence."""
    return frozenset(
        word.root
        for word in source.words
        if source.text[word.start].isupper() and word.text not in SMALL and not opens_sentence(source.text, word.start)
    )
