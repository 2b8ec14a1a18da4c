"""Rules on how many: numbers of other things, fractions, *most* and *all*. Pure Python."""

from __future__ import annotations

import re
from collections.abc import Iterator

from review.text.verification import telling
from review.text.verification.claim import ClaimSentence
from review.text.verification.finding import Unsupported
from review.text.verification.quantities import Quantity
from review.text.verification.shares import shares, way_before
from review.text.verification.source import SourceText
from review.text.verification.thesaurus import SMALL
from review.text.verification.words import Word, listed, root, words_of

_SMALL_NUMBERS = listed("one two three first second third once twice double triple")
# What counts anything: a number of these says nothing against one of others.
_ANYTHING = frozenset(
    root(word) for word in listed("people person thing item piece time point part unit place case other year")
)
_MOST = re.compile(
    r"\b(?:(?<!the )most(?= (?:of|\w+s\b))|(?:the )?(?:vast |large )?(?:majority|bulk|larger part|greater part"
    r"|lion's share) of|mostly|mainly|(?:more|over|well over) than half|over half)",
    re.I,
)
_FEW = re.compile(
    r"\b(?:(?:fewer|less) than (?:a )?half|(?:well )?(?:under|below) half|(?:only )?a minority of)\b", re.I
)
_ALL = re.compile(
    r"\b(?:all (?:of )?(?:your|its|the|their|our|his|her|\d[\d,]*|two|three|four|five|six|seven|eight|nine|ten)\b"
    r"|every one of|each (?:and every one )?of (?!whom|which|them)|exclusively|without exception)",
    re.I,
)
_SOME = re.compile(
    r"\bof \d|\b(?:of (?:which|whom|them|the|its)|some|most|mostly|mainly|half|partly|in part|majority|minority"
    r"|(?:\d+|one|two|three|four|five) of|only)\b|%|\bper ?cent\b|\((?:\w+ )?\d|\b[A-Z]\w+\)",
    re.I,
)
# Prose says *only*, *some* and percentages of much else.
_SOME_IN_PROSE = re.compile(
    r"\bof \d|\b(?:of (?:which|whom|them)|most of|half of|(?:\d+|one|two|three|four|five) of)\b", re.I
)
_WHOLE = re.compile(r"\b(?:all|every|each|whole|entire|both|100 ?%)\b", re.I)
_TURNED = re.compile(
    r"\b(?:rest|others?|else|remain\w*|still|yet|without|not|no|home|wait\w*|un\w{4,}|only|instead|less|fewer)\b|n['\u2019]t\b",
    re.I,
)
_HALF, _TOGETHER = 48, 2
_MAJORITY = root("majority")


def things_counted(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Numbers of a thing of which the passage has another number, and which count something else there."""
    text, source = sentence.text[sentence.start : sentence.end], sentence.source
    for quantity in sentence.quantities if "in a hundred" not in text else ():
        number = text[quantity.start : quantity.end]
        if (
            quantity.kind != "number"
            or quantity.unit
            or number.count(" ")
            or number.lower() in _SMALL_NUMBERS
            or not (found := _thing(sentence, quantity))
        ):
            continue
        things = source.counterparts([found.root]) | {found.root}
        counted = [each for thing in things for each in source.counted.get(thing, ())]
        if not counted or any(each.values & quantity.values for each in counted):
            continue
        same = [each for each in source.quantities.matching(quantity) if each.unit is None]
        if any(not source.things.get(each.start) or source.things[each.start] & (_ANYTHING | things) for each in same):
            continue
        if not source.list_lengths.isdisjoint(quantity.values):
            continue
        if not same and any(
            source.quantities.rounds_to(value, way_before(text, quantity.start)) for value in quantity.values
        ):
            continue
        if same or not source.reckoning.yields(quantity, text):
            start, end = sentence.start + quantity.start, sentence.start + quantity.end
            yield Unsupported(start, end, "The passage counts something else so", "number", 0.75)


def _thing(sentence: ClaimSentence, quantity: Quantity) -> Word | None:
    """The thing that a number counts: the first word behind it that stands for several."""
    for word in telling.behind(sentence.text, sentence.words, sentence.start + quantity.end):
        if word.text.endswith("s") and word.root not in _ANYTHING and word.stem != word.text:
            return word
    return None


def fractions(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Fractions in words that neither stand in the passage nor come of its numbers."""
    text, source = sentence.text[sentence.start : sentence.end], sentence.source
    for share in shares(text):
        if share.is_told and not source.reckoning.has_share(share.percent, share.way, is_told=True):
            start, end = sentence.start + share.start, sentence.start + share.end
            yield Unsupported(start, end, "The passage does not hold this share", "number", 0.8)


def parts(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """*Most* of what the passage calls a smaller part, and *fewer than half* of what it calls a larger one."""
    text = sentence.text[sentence.start : sentence.end]
    if sentence.source.has(_MAJORITY):
        return  # A majority of owners or votes, which no share tells.
    for pattern, is_more in ((_MOST, True), (_FEW, False)):
        for match in pattern.finditer(text):
            if _TURNED.search(text[: match.start()] + text[match.end() :]):
                return
            around = {word.root for word in sentence.words if word.text not in SMALL}
            part = _part_about(sentence.source, around)
            if part is not None and (part < _HALF if is_more else part > 100 - _HALF):
                start, end = sentence.start + match.start(), sentence.start + match.end()
                why = f"The passage tells a {'smaller' if is_more else 'larger'} part"
                yield Unsupported(start, end, why, "number", 0.75)


def _part_about(source: SourceText, roots: set[str]) -> float | None:
    """The greatest share that the passage tells among two of these words."""
    parts = []
    for share in shares(source.text):
        start = max(source.text.rfind(mark, 0, share.start) for mark in ("\n", ". ", "; ", ", "))
        end = min((at for mark in ("\n", ". ", ", ") if (at := source.text.find(mark, share.end)) >= 0), default=None)
        if len(roots & {word.root for word in words_of(source.text[max(start, 0) : end])}) >= _TOGETHER:
            parts.append(share.percent)
    return max(parts, default=None)


def all_of(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """*All* of what the passage says of some."""
    text, source = sentence.text[sentence.start : sentence.end], sentence.source
    if sentence.cues:
        return
    some = _SOME if source.sheet else _SOME_IN_PROSE
    for match in _ALL.finditer(text):
        if text[: match.start()].lower().endswith("not "):
            continue
        for number in sentence.closest[:1]:
            shared = {word.root for word in sentence.words if word.text not in SMALL} & source.roots_of(number)
            if len(shared) >= _TOGETHER and some.search(_text_of(source, number)) and not _is_whole(sentence):
                start, end = sentence.start + match.start(), sentence.start + match.end()
                yield Unsupported(start, end, "The passage says this of some", "number", 0.7)


def _is_whole(sentence: ClaimSentence) -> bool:
    """Return whether one of the closest sentences of the passage says something of all."""
    return any(_WHOLE.search(_text_of(sentence.source, number)) for number in sentence.closest)


def _text_of(source: SourceText, number: int) -> str:
    return source.text[slice(*source.sentences[number])]
