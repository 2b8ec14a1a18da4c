"""Rules on sentences that copy one of the passage but for a few words. Pure Python.

A denial, a number, a name or a contrary is put in their place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from review.text.verification import amounts, entities, negation, objections
from review.text.verification.alignment import REACH, Gap, Token, gaps, passage_tokens
from review.text.verification.claim import ClaimSentence
from review.text.verification.company import turns_degree
from review.text.verification.finding import Rule, Unsupported
from review.text.verification.quantities import Quantity
from review.text.verification.shares import way_before
from review.text.verification.thesaurus import contraries, is_vague, opposites
from review.text.verification.words import Word, listed

# Company of a gap in which a denial tells.
_TOLD = 3
_PAUSE = re.compile(r"[,;:()?!\"\u201c\u201d\n]| [-\u2013\u2014] ")
_OPEN = listed("or whether if only")
_LAST = listed("last final")
_ROW = _LAST | listed("first second third fourth fifth")


def changes(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Changes in a copied sentence: a denial put in or left out, another number, date or name, a contrary."""
    for gap in gaps(sentence):
        yield from _denials(sentence, gap)
        yield from _numbers(sentence, gap)
        yield from _names(sentence, gap)
        yield from _contraries(sentence, gap)
        yield from _places_of_a_row(sentence, gap)


def _denials(sentence: ClaimSentence, gap: Gap) -> Iterator[Unsupported]:
    if gap.company < _TOLD or any(_is_contrary(each, other) for each in gap.mine for other in gap.theirs):
        return
    for each in gap.mine:
        if each.word and negation.is_plain(each.word) and _is_added(sentence, gap, each.word):
            yield Unsupported(each.start, each.end, "The passage does not deny this", "negation", 0.7)
    if _is_lost(sentence, gap):
        start, end = gap.around_mine[0].start, gap.around_mine[-1].end
        yield Unsupported(start, end, "The passage denies this", "negation", 0.6)


def _numbers(sentence: ClaimSentence, gap: Gap) -> Iterator[Unsupported]:
    theirs, mine = ([each for each in side if each.quantity] for side in (gap.theirs, gap.mine))
    if len(theirs) != 1 or len(mine) != 1 or not (theirs[0].quantity and mine[0].quantity):
        return
    way = way_before(sentence.text, mine[0].start)
    if amounts.is_other(theirs[0].quantity, mine[0].quantity, way) and not _is_at_home(sentence, gap, mine[0].quantity):
        rule: Rule = "number" if mine[0].quantity.kind == "number" else "date"
        yield Unsupported(mine[0].start, mine[0].end, "The passage says otherwise", rule, 0.75)


def _names(sentence: ClaimSentence, gap: Gap) -> Iterator[Unsupported]:
    """Mark a name of the passage that stands in the place of another, which the claim does not name."""
    source, mine, theirs = sentence.source, gap.mine, gap.theirs
    if gap.sides < 2 or gap.company < _TOLD or not _are_names(sentence.text, mine):
        return
    if not _are_names(source.text, theirs) or {each.key for each in mine} & source.roots_of(gap.sentence):
        return
    own, other = (text[side[0].start : side[-1].end] for text, side in _sides(sentence, gap))
    if (
        sentence.roots.isdisjoint(each.key for each in theirs)
        and not entities.may_be_one(own, other)
        and not entities.are_told_as_one(own, other, source)
    ):
        yield Unsupported(mine[0].start, mine[-1].end, f"The passage names {other}", "name", 0.65)


def _are_names(text: str, words: Sequence[Token]) -> bool:
    return bool(words) and all(each.word and each.is_telling and text[each.start].isupper() for each in words)


def _contraries(sentence: ClaimSentence, gap: Gap) -> Iterator[Unsupported]:
    if gap.sides < 2 or _denies(gap.theirs) or _denies(gap.mine) or _turns_back(sentence, gap):
        return
    for each in gap.mine:
        against = [other for other in gap.theirs if _is_contrary(each, other)]
        if against and not _is_held(sentence, gap, each, against):
            yield Unsupported(each.start, each.end, "The passage says otherwise", "antonym", 0.75)


def _places_of_a_row(sentence: ClaimSentence, gap: Gap) -> Iterator[Unsupported]:
    """Mark *first* for *last* or *third*, alone and in *the first day*."""
    own, other = (
        _ROW & {text[each.start : each.end].lower().partition(" ")[0] for each in side}
        for text, side in _sides(sentence, gap)
    )
    if gap.sides == 2 and len(own) == len(other) == 1 and not (own == other or own | other <= _LAST):
        yield Unsupported(gap.mine[0].start, gap.mine[-1].end, "The passage says otherwise", "antonym", 0.7)


def _sides(sentence: ClaimSentence, gap: Gap) -> tuple[tuple[str, Sequence[Token]], tuple[str, Sequence[Token]]]:
    return (sentence.text, gap.mine), (sentence.source.text, gap.theirs)


def _turns_back(sentence: ClaimSentence, gap: Gap) -> bool:
    """Return whether a claim that says *more* for *less* has another contrary outside the gap."""
    inside = {each.start for each in gap.mine}
    others = (word for word in sentence.words if word.start not in inside and not is_vague(word.text))
    stems = {word.stem for number in sentence.closest for word in sentence.source.words_in(number)}
    return turns_degree(sentence) and any(not stems.isdisjoint(opposites().get(word.stem, ())) for word in others)


def _is_held(sentence: ClaimSentence, gap: Gap, token: Token, against: Sequence[Token]) -> bool:
    """Return whether the copied sentence has a contrary too, or the passage another thing of a kind."""
    are_telling = token.is_telling and all(each.is_telling for each in against)
    if are_telling and contraries().get(token.key, frozenset()).isdisjoint(each.key for each in against):
        return sentence.source.has(token.key)
    return any(each.key == token.key for each in passage_tokens(sentence.source).of(gap.sentence))


def _is_added(sentence: ClaimSentence, gap: Gap, cue: Word) -> bool:
    """Return whether the passage says without a denial what a cue of the claim denies."""
    index = sentence.words.index(cue)
    if index not in sentence.cues or objections.is_set_apart(sentence, index) or _denies(gap.around_theirs):
        return False
    if gap.theirs and _PAUSE.search(sentence.source.text, gap.theirs[0].start, gap.theirs[-1].end):
        return False
    roots = [sentence.words[at].root for at in sentence.reached(index)[:2]]
    denied, passage = sentence.source.counterparts(roots), passage_tokens(sentence.source)
    if any(not contraries().get(key, frozenset()).isdisjoint(sentence.source.roots_of(gap.sentence)) for key in roots):
        return False
    return all(denied.isdisjoint(passage.denied_in(number)) for number in sentence.closest)


def _is_lost(sentence: ClaimSentence, gap: Gap) -> bool:
    """Return whether a copy leaves out the denial of the passage, and says the rest."""
    if not any(each.word and negation.is_plain(each.word) for each in gap.theirs) or _denies(gap.around_mine):
        return False
    if any(each.is_telling for each in (*gap.mine, *gap.theirs)):
        return False
    inside = sentence.source.text[gap.theirs[0].start - 2 : gap.theirs[-1].end + 2]
    return not _PAUSE.search(inside) and _OPEN.isdisjoint(each.key for each in gap.around_theirs)


def _denies(words: Sequence[Token]) -> bool:
    """Return whether any of these denies, loses or refuses."""
    return any(each.word and (negation.is_cue(each.word) or each.word.root in objections.REFUSALS) for each in words)


def _is_contrary(token: Token, other: Token) -> bool:
    return bool(token.word and other.word and other.word.stem in opposites().get(token.word.stem, ()))


def _is_at_home(sentence: ClaimSentence, gap: Gap, quantity: Quantity) -> bool:
    """Return whether one of the closest sentences has a number in as much of the gap's company."""
    keys = {each.key for each in gap.around_mine if each.is_telling and each.quantity != quantity}
    for number in sentence.closest:
        words = passage_tokens(sentence.source).of(number)
        for at, each in enumerate(words):
            if each.quantity and each.quantity.kind == quantity.kind and each.quantity.amounts() & quantity.amounts():
                around = words[max(0, at - REACH - 1) : at + REACH + 2]
                if len(keys & {other.key for other in around if other.is_telling}) >= gap.company:
                    return True
    return False
