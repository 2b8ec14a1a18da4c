"""Rules on numbers, units, dates and times: each must stand in the passage, and beside what it stands beside there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from review.text.verification import quantities
from review.text.verification.claim import ClaimSentence
from review.text.verification.finding import Rule, Unsupported
from review.text.verification.quantities import Quantity
from review.text.verification.source import SourceText
from review.text.verification.thesaurus import SMALL
from review.text.verification.words import words_of

# Counts up to here may come from counting what the passage lists.
_COUNTED = 10
_ABOUT = ("about", "around", "nearly", "almost", "roughly", "approximately", "over", "than", "some", "least", "~")
_ABOUT_CHARS, _NEAR = 24, 0.05
# Decimals that a passage may write as a word.
_PARTS = {"5": "half", "25": "quarter", "75": "quarter"}
# Characters on either side of a number that tell what it counts.
_WINDOW = 60


class _Objection(NamedTuple):
    why: str
    rule: Rule
    risk: float


UNKNOWN = _Objection("The passage does not hold this number", "number", 0.9)
_UNCOUNTED = _Objection("The passage does not hold this number", "number", 0.35)
_OTHER_UNIT = _Objection("The passage holds this number in another unit", "unit", 0.75)
_OTHER_THING = _Objection("The passage says this number of something else", "number", 0.6)
_OTHER_DAY = _Objection("The passage does not hold this date or time", "date", 0.85)
# Where the passage has none at all, it may be told otherwise.
_NEW_DAY = _Objection("The passage does not hold this date or time", "date", 0.5)


def amounts(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Quantities that the passage does not hold, or holds in another unit or for another thing."""
    for quantity in sentence.quantities:
        objection = _number(sentence, quantity) if quantity.kind == "number" else _day(sentence.source, quantity)
        if objection:
            yield Unsupported(sentence.start + quantity.start, sentence.start + quantity.end, *objection)


def rates(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """`A month` where the passage says `a year`."""
    held = sentence.source.rates
    for start, end, unit in quantities.rates(sentence.text[sentence.start : sentence.end]):
        if held and unit not in held:
            start, end = sentence.start + start, sentence.start + end
            yield Unsupported(start, end, "The passage counts by another unit of time", "unit", 0.55)


def _number(sentence: ClaimSentence, quantity: Quantity) -> _Objection | None:
    # `One` and `first` are more often words than numbers.
    if quantity.is_spelt and quantity.values & {"0", "1"}:
        return None
    matching = sentence.source.quantities.matching(quantity)
    if not matching:
        return None if _is_told_otherwise(sentence, quantity) else _missing(sentence.source, quantity)
    if not any(_comparable(other, quantity) for other in matching):
        return _OTHER_UNIT
    return _OTHER_THING if _is_of_another(sentence, quantity, matching) else None


def _missing(source: SourceText, quantity: Quantity) -> _Objection:
    if not quantity.is_spelt or float(min(quantity.values)) > _COUNTED or quantity.unit is None:
        return _UNCOUNTED if quantity.is_spelt and float(min(quantity.values)) <= _COUNTED else UNKNOWN
    rivals = (other.unit[0] == quantity.unit[0] for other in source.quantities.all if other.unit)
    return UNKNOWN if any(rivals) else _UNCOUNTED


def _comparable(other: Quantity, quantity: Quantity) -> bool:
    if other.unit is None or quantity.unit is None or other.unit == quantity.unit:
        return True
    return other.unit[0] == quantity.unit[0] and bool(other.amounts() & quantity.amounts())


def _is_told_otherwise(sentence: ClaimSentence, quantity: Quantity) -> bool:
    """Whether the passage has the number in a date, as a word, or nearly, where the claim says so."""
    source = sentence.source
    for value in quantity.values:
        if source.quantities.has("date", f"year {value}") or source.quantities.has("date", f"day {value}"):
            return True
        if _PARTS.get(value.partition(".")[2]) in source.stems:
            return True
    start = sentence.start + quantity.start
    before = sentence.text[max(sentence.start, start - _ABOUT_CHARS) : start].lower()
    is_about = any(word in before for word in _ABOUT)
    return is_about and any(source.quantities.is_near(float(value), _NEAR) for value in quantity.values)


def _day(source: SourceText, quantity: Quantity) -> _Objection | None:
    held = source.quantities
    if quantity.kind == "date":
        is_held = all(
            held.has("date", value) or held.has("number", value.removeprefix("year ")) for value in quantity.values
        )
    else:
        is_held = any(held.has(quantity.kind, value) for value in quantity.values)
    if is_held:
        return None
    return _OTHER_DAY if quantity.kind in held.kinds else _NEW_DAY


def _is_of_another(sentence: ClaimSentence, quantity: Quantity, matching: list[Quantity]) -> bool:
    """Whether what stands beside a number in the claim stands beside another number of its unit in the passage."""
    if quantity.unit is None:
        return False
    said, source = sentence.text[sentence.start : sentence.end], sentence.source
    around = _around(said, quantity, 0, len(said), sentence.quantities)
    named = {word.root for word in sentence.words if sentence.text[word.start].isupper()}
    own = [around & _beside(source, other) for other in matching]
    for rival in _rivals(sentence, quantity):
        shared = around & _beside(source, rival)
        if all(mine < shared and (len(shared) >= len(mine) + 2 or (shared - mine) & named) for mine in own):
            return True
    return False


def _rivals(sentence: ClaimSentence, quantity: Quantity) -> Iterator[Quantity]:
    """Other quantities of the same dimension in the closest sentences, but for those the claim holds too."""
    claimed = {value for each in sentence.quantities for value in each.values}
    for number in sentence.closest:
        for other in sentence.source.quantities.between(*sentence.source.sentences[number]):
            if other.unit and quantity.unit and other.unit[0] == quantity.unit[0] and not other.values & claimed:
                yield other


def _beside(source: SourceText, quantity: Quantity) -> set[str]:
    low, high = source.sentences[source.sentence_at(quantity.start)]
    low, high = max(low, quantity.start - _WINDOW), min(high, quantity.end + _WINDOW)
    return _around(source.text, quantity, low, high, source.quantities.between(low, high))


def _around(text: str, quantity: Quantity, low: int, high: int, others: list[Quantity]) -> set[str]:
    """Roots of the telling words beside a quantity, up to the next one on either side."""
    ends = [other.end for other in others if low <= other.end <= quantity.start]
    starts = [other.start for other in others if quantity.end <= other.start <= high]
    before = text[max([low, quantity.start - _WINDOW, *ends]) : quantity.start]
    after = text[quantity.end : min([high, quantity.end + _WINDOW, *starts])]
    return {word.root for word in words_of(f"{before} {after}") if word.text not in SMALL}
