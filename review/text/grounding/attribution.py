"""Attribution of a draft's sentences to passages, and claims without a passage.

Pure Python and deliberately approximate: shared numbers, names and rare words guide the eye and prove nothing, and a
sentence without them may be true. Words are compared by their beginnings, without grammar, in languages written with
spaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from review.spec.schema import SLOT, Facts
from review.text.checks import call_to_action
from review.text.grounding.passages import SENTENCE, Passage, PassageIndex, index_passages, keys_of

Attribution = Literal["supported", "unsupported", "no claim"]

# Largest number of a document's sentences for one of the draft, and their least score relative to the best.
_FROM_ONE_FACT, _NEARLY = 2, 0.6
# Lines without a full stop and sentences up to this length are headings and no claims.
_LINE_WORDS, _CLAIM_WORDS = 6, 4
_COURTESY = re.compile(
    r"(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|hallo|guten (?:tag|morgen)|liebe[rs]?"
    r"|sehr geehrte[rs]?"
    r"|bonjour|cher|chère|hola|estimad[oa]|(?:best|kind|warm|many)(?: \w+)?,?$"
    r"|(?:best|kind|warm)(?:est)? (?:regards|wishes)"
    r"|regards|sincerely|yours|cheers|thanks|thank you|mit freundlichen|freundliche|viele|beste|herzliche|danke"
    r"|vielen dank"
    r"|i hope (?:you|this)|p\.?s\.?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """Sentence with its passages.

    Attributes:
        start: First character, in code points of the text.
        end: One past the last character.
        facts: Refs of passages (in `sentences`: names of facts), in the order of the record.
        standing: `unsupported` for a claim that shares nothing with any passage; `no claim` for greetings, questions
            and calls to action.
    """

    start: int
    end: int
    facts: tuple[str, ...]
    standing: Attribution = "supported"


def sentences(text: str, facts: Facts) -> list[Sentence]:
    """Return the sentences of a text that rest on at least one fact, with the names of the facts."""
    index = index_passages(facts)
    names = {passage.ref: passage.fact for passage in index.passages}
    return [
        Sentence(each.start, each.end, tuple(dict.fromkeys(names[ref] for ref in each.facts)))
        for each in attribute(text, index, language="")
        if each.facts
    ]


def attribute(text: str, index: PassageIndex, *, language: str) -> list[Sentence]:
    """Attribute every sentence of a text to passages.

    Args:
        index: Passages of the record and the offer.
        language: Language of the text; calls to action are recognised in English and German.
    """
    return [_read(text[start:end], start, index, language) for start, end in _spans(text)]


def claims(text: str, language: str) -> Iterator[tuple[int, int]]:
    """Return the places of claims: sentences other than greetings, questions, short lines and calls to action."""
    return ((start, end) for start, end in _spans(text) if _claims(text[start:end], language))


def _read(sentence: str, start: int, index: PassageIndex, language: str) -> Sentence:
    refs = tuple(passage.ref for passage in _supporting(keys_of(sentence), index))
    standing: Attribution = "supported" if refs else "unsupported" if _claims(sentence, language) else "no claim"
    return Sentence(start, start + len(sentence), refs, standing)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    for match in SENTENCE.finditer(text):
        if match.group().strip():
            yield match.start(), match.end()


def _supporting(words: frozenset[str], index: PassageIndex) -> Iterable[Passage]:
    for _, parts in groupby(index.passages, key=lambda passage: passage.fact):
        close = [passage for passage in parts if _rests_on(words, passage)]
        yield from _closest(words, close, index) if close and close[0].is_part else close


def _closest(words: frozenset[str], passages: list[Passage], index: PassageIndex) -> list[Passage]:
    """Return the few sentences of one document that share the rarest words."""
    scores = {passage.ref: sum(1 / index.holders[key] for key in words & passage.keys) for passage in passages}
    best = max(scores.values())
    ranked = sorted(passages, key=lambda passage: -scores[passage.ref])[:_FROM_ONE_FACT]
    return [passage for passage in passages if passage in ranked and scores[passage.ref] >= _NEARLY * best]


def _rests_on(words: frozenset[str], passage: Passage) -> bool:
    shared = words & passage.keys
    if any(key[0].isdigit() and len(key) > 1 for key in shared):
        return True
    # One rare word is enough for a short fact; a long note shares one with many sentences by chance.
    return len(shared) >= (1 if len(passage.keys) <= 2 and not passage.is_part else 2)


def _claims(sentence: str, language: str) -> bool:
    plain = SLOT.sub(" ", sentence).strip()
    words = plain.split()
    if len(words) < _CLAIM_WORDS or plain.rstrip("\"'”) ").endswith("?") or _COURTESY.match(plain):
        return False
    if plain[-1] not in ".!…" and len(words) <= _LINE_WORDS:
        return False
    return not call_to_action.invites(plain, language)
