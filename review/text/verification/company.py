"""The rule on words in each other's place: what stands in the passage among the same words as another in the claim.

Pure Python.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import islice
from operator import attrgetter

from review.text.verification import amounts, direction, entities, parties
from review.text.verification.claim import ClaimSentence
from review.text.verification.finding import Rule, Unsupported
from review.text.verification.quantities import Quantity
from review.text.verification.shares import way_before
from review.text.verification.telling import Telling
from review.text.verification.thesaurus import contraries, is_vague, opposites, reporting
from review.text.verification.words import Word, listed, root

# Telling words on each side that are the company of a word; in the passage they stand among so many on that side.
_BESIDE, _AMONG = 2, 3
_TOGETHER = 2 * _BESIDE - 1
_PLACES = 48
# Beside another way these may be of something else: *sales rose, helped by lower prices*.
_COMPARING = listed("lower higher up down cheaper dearer")
# `up` and `down` tell a way before an amount alone.
_ADVERBS, _AMOUNT = listed("up down"), re.compile(r" (?:by |from |to |almost |about |nearly )?[$\u00a3\u20ac]?\d")
# Words that go with any rise.
_ANYTHING = frozenset(
    root(word) for word in listed("number figure new people year percent per cent month week last plan level rate")
)
# What had been so may be so no longer.
_HAD, _AGO = re.compile(r"\bhad (?:\w+ )?$", re.IGNORECASE), 20
_DEGREES = listed("more less fewer")
# `No fewer than 23` says as much as *at least 23*.
_NO = re.compile(r"\bno $", re.IGNORECASE)
_start = attrgetter("start")
_REVERSING = ("un", "in", "im", "ir", "il", "non", "dis", "mis")
_REVERSED_FROM = 5


def exchanged_words(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Words in place of an opposite, another of their kind, number or name, whose company in the passage is theirs."""
    claim, source = sentence.telling, sentence.source
    keys = {each.key for each in claim}
    for index, each in enumerate(claim):
        if each.start in sentence.denied_starts or source.is_other_form(each):
            continue
        rivals = [place for place in _beside(sentence, index) if source.telling[place].key not in keys]
        for place in sorted(rivals):
            rule = _excludes(sentence, each, source.telling[place])
            if rule == "antonym" and _is_turned_back(sentence, each, source.telling[place]):
                continue
            company = _company(sentence, index, place) if rule else 0
            if (
                rule
                and company >= _needed(sentence, index, rule)
                and _own_company(sentence, index) <= (company - _BESIDE if rule == "antonym" else 0)
            ):
                yield Unsupported(each.start, each.end, "The passage says otherwise", rule, 0.85)
                break


def contrary_words(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Words the passage never says, where it says a contrary or another thing of their kind beside words they share."""
    source, claim = sentence.source, sentence.telling
    if turns_degree(sentence):
        return
    near: set[str] = set().union(*map(source.roots_of, sentence.closest))
    for index, each in enumerate(claim):
        if each.word is None or each.is_name or each.start in sentence.denied_starts or source.says(each.word.root):
            continue
        if _NO.search(sentence.text, max(0, each.start - 3), each.start):
            continue
        if parties.is_borne_out(sentence.text, sentence.words, each.word, source.moves):
            continue
        if not contraries().get(each.word.root, frozenset()).isdisjoint(sentence.roots):
            continue  # A claim that tells both sides, as *one was acquitted, another convicted*.
        if not _own_side(each.word).isdisjoint(near):
            continue  # A passage that tells both, as *praised the team, criticised the referee*.
        if _is_beside(sentence, index, each.word):
            yield Unsupported(each.start, each.end, "The passage says the contrary", "antonym", 0.7)


def _is_turned_back(sentence: ClaimSentence, each: Telling, other: Telling) -> bool:
    """Return whether a contrary says the same: of less, of the other side of a sale, or of what had been before."""
    source = sentence.source
    if turns_degree(sentence):
        return True
    if each.word and parties.is_borne_out(sentence.text, sentence.words, each.word, source.moves):
        return True
    # *Lost her office* beside *had held the office*.
    return bool(_HAD.search(source.text, max(0, other.start - _AGO), other.start)) and not _HAD.search(
        sentence.text, max(0, each.start - _AGO), each.start
    )


def turns_degree(sentence: ClaimSentence) -> bool:
    """Return whether a claim says *more* where the passage says *less*, so that a contrary turns it back."""
    mine, theirs = (_DEGREES & texts for texts in ({word.text for word in sentence.words}, sentence.closest_texts))
    return bool(mine and theirs) and ("more" in mine) != ("more" in theirs)


def _is_beside(sentence: ClaimSentence, index: int, word: Word) -> bool:
    """Return whether a contrary stands in the passage beside a word of the claim, on its side."""
    source = sentence.source
    others = () if is_vague(word.text) or word.root in reporting() else source.opposites(word.stem) - sentence.stems
    places = (place for other in others for place in source.stems[other] if place not in source.denied)
    starts = (source.words[place].start for place in places if not is_vague(source.words[place].text))
    tellings = (bisect_left(source.telling, start, key=_start) for start in starts)
    return any(_company(sentence, index, at) for at in tellings if at < len(source.telling))


def _own_side(word: Word) -> set[str]:
    """Return the roots that have a contrary in common with a word: *praise* for *congratulate*."""
    against = contraries().get(word.root, frozenset())
    return set().union(*(contraries()[other] for other in against)) - against - {word.root}


def _needed(sentence: ClaimSentence, index: int, rule: Rule) -> int:
    """Return how much company tells: less where the passage does not hold the word at all, or a sentence is short."""
    if rule == "name":
        return 2 * _BESIDE
    if rule != "antonym":
        return _TOGETHER
    if not sentence.source.says(sentence.telling[index].key):
        return _BESIDE
    around = min(index, _BESIDE) + min(len(sentence.telling) - 1 - index, _BESIDE)
    return max(_BESIDE, min(_TOGETHER, around))


def _own_company(sentence: ClaimSentence, index: int) -> int:
    """Count the company of a word that stands around it somewhere in the passage."""
    places = sentence.source.tellings.get(sentence.telling[index].key, ())
    return max((_company(sentence, index, place) for place in islice(places, _PLACES)), default=0)


def _excludes(sentence: ClaimSentence, each: Telling, other: Telling) -> Rule | None:
    """The rule by which one excludes the other in its place; None where both may be."""
    if each.quantity and other.quantity:
        # *Close to 100* for 97, *more than 100* for 116.
        way = way_before(sentence.text, each.start).replace("up", "near")
        is_near = way and not amounts.is_other(other.quantity, each.quantity, way)
        return None if is_near else _counts_otherwise(each.quantity, other.quantity)
    if each.word and other.word:
        if _is_contrary(each.word, other.word):
            return "antonym"
        if each.is_name and other.is_name:
            own, its = sentence.text[each.start : each.end], sentence.source.text[other.start : other.end]
            return None if entities.are_told_as_one(own, its, sentence.source) else "name"
    return None


def _counts_otherwise(quantity: Quantity, other: Quantity) -> Rule | None:
    # A small number in words may be counted, as in `two more`.
    if quantity.kind != other.kind or quantity.is_spelt or quantity.amounts() & other.amounts():
        return None
    if (quantity.unit and quantity.unit[0]) != (other.unit and other.unit[0]):
        return None
    return "number" if quantity.kind == "number" else "date"


def _is_contrary(word: Word, other: Word) -> bool:
    """Return whether two words are opposites or things of one kind, or one reverses the other by a prefix."""
    if other.stem in opposites().get(word.stem, ()):
        return True
    longer, shorter = (word.root, other.root) if len(word.root) > len(other.root) else (other.root, word.root)
    return len(shorter) >= _REVERSED_FROM and longer != shorter and longer.removesuffix(shorter) in _REVERSING


def _beside(sentence: ClaimSentence, index: int) -> set[int]:
    """Places of the passage right beside the same word as this one, on the same side."""
    claim, source = sentence.telling, sentence.source
    found: set[int] = set()
    for step in (-1, 1):
        if 0 <= index + step < len(claim):
            beside = islice(source.tellings.get(claim[index + step].key, ()), _PLACES)
            found.update(place - step for place in beside if 0 <= place - step < len(source.telling))
    return found


def _company(sentence: ClaimSentence, index: int, place: int) -> int:
    """Count the telling words around a word that stand around a place of the passage, in its sentence."""
    claim, source = sentence.telling, sentence.source
    number = source.sentence_at(source.telling[place].start)
    sides = (
        (claim[max(0, index - _BESIDE) : index], source.telling[max(0, place - _AMONG) : place]),
        (claim[index + 1 : index + 1 + _BESIDE], source.telling[place + 1 : place + 1 + _AMONG]),
    )
    return sum(
        len({each.key for each in mine} & {each.key for each in its if source.sentence_at(each.start) == number})
        for mine, its in sides
    )


def other_way(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Rises told of what falls in the passage, and falls of what rises there."""
    source = sentence.source
    ways = [
        (index, direction.WAYS[word.text]) for index, word in enumerate(sentence.words) if word.text in direction.WAYS
    ]
    for index, way in ways if not sentence.cues else ():
        text = sentence.words[index].text
        if text in _COMPARING and len({each for _, each in ways}) > 1:
            continue
        if text in _ADVERBS and not _AMOUNT.match(sentence.text, sentence.words[index].end):
            continue
        about = direction.about(sentence.text, sentence.words, index) - source.common - _ANYTHING
        shared = [(len(roots & about), other) for roots, other in source.ways if roots & about]
        if {other for _, other in shared} == {not way} and max(shared)[0] >= min(_BESIDE, len(about)):
            word = sentence.words[index]
            yield Unsupported(word.start, word.end, "In the passage it goes the other way", "antonym", 0.75)
