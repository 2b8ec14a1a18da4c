"""The rule on words in each other's place: what stands in the passage among the same words as another in the claim. Pure Python."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from review.text.verification.claim import ClaimSentence
from review.text.verification.finding import Rule, Unsupported
from review.text.verification.quantities import Quantity
from review.text.verification.telling import Telling
from review.text.verification.thesaurus import opposites
from review.text.verification.words import Word

# Telling words on each side that are the company of a word; in the passage they stand among so many on that side.
_BESIDE, _AMONG = 2, 3
_PLACES = 48
_REVERSING = ("un", "in", "im", "ir", "il", "non", "dis", "mis")
_REVERSED_FROM = 5


def exchanged_words(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Words in the place of an opposite, of another of their kind, number or name, whose company in the passage is theirs."""
    claim, source = sentence.telling, sentence.source
    keys = {each.key for each in claim}
    for index, each in enumerate(claim):
        if each.start in sentence.denied_starts or source.is_other_form(each):
            continue
        rivals = [place for place in _beside(sentence, index) if source.telling[place].key not in keys]
        for place in sorted(rivals):
            rule = _excludes(each, source.telling[place])
            if (
                rule
                and _company(sentence, index, place) >= _needed(sentence, index, rule)
                and _is_elsewhere(sentence, index)
            ):
                yield Unsupported(each.start, each.end, "The passage says otherwise", rule, 0.85)
                break


def _needed(sentence: ClaimSentence, index: int, rule: Rule) -> int:
    """Return how much company tells; less does where the passage does not hold the word at all, or a sentence is short."""
    if rule == "name":
        return 2 * _BESIDE
    if rule != "antonym":
        return 2 * _BESIDE - 1
    if not sentence.source.says(sentence.telling[index].key):
        return _BESIDE
    around = min(index, _BESIDE) + min(len(sentence.telling) - 1 - index, _BESIDE)
    return max(_BESIDE, min(2 * _BESIDE - 1, around))


def _is_elsewhere(sentence: ClaimSentence, index: int) -> bool:
    """Return whether the passage nowhere has a word in any of its company."""
    places = sentence.source.tellings.get(sentence.telling[index].key, ())
    return not any(_company(sentence, index, place) for place in islice(places, _PLACES))


def _excludes(each: Telling, other: Telling) -> Rule | None:
    """The rule by which one excludes the other in its place; None where both may be."""
    if each.quantity and other.quantity:
        return _counts_otherwise(each.quantity, other.quantity)
    if each.word and other.word:
        if _is_contrary(each.word, other.word):
            return "antonym"
        return "name" if each.is_name and other.is_name else None
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
    longer, shorter = sorted((word.root, other.root), key=len, reverse=True)
    return len(shorter) >= _REVERSED_FROM and longer.removesuffix(shorter) in _REVERSING and longer != shorter


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
        len({each.key for each in own} & {each.key for each in theirs if source.sentence_at(each.start) == number})
        for own, theirs in sides
    )
