"""The rule on who gives and who takes in a sale. Pure Python."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from review.text.verification.finding import Unsupported
from review.text.verification.thesaurus import SMALL
from review.text.verification.words import Word, listed

if TYPE_CHECKING:
    from review.text.verification.claim import ClaimSentence

_TAKE = listed(
    "buy buys bought acquire acquires acquired purchase purchased taken takes took obtain obtained order ordered won snapped"
)
_GIVE = listed("sell sells sold selling transferred transfer transfers handed supply supplies supplied awarded")
_BE = listed("is are was were be been being")
_PRONOUNS = listed("you we they it he she")
_FAR = 12
_CLAUSE = re.compile(r"[.;:!?\n]")


class _Move(NamedTuple):
    giver: str
    taker: str
    thing: str
    start: int
    end: int


def exchanged_sides(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Who buys told as who sells or is sold, and the other way round."""
    told = sentence.source.moves
    if not told:
        return
    takers = {each.taker for each in told} - {""}
    others = ({each.giver for each in told} | {each.thing for each in told}) - {""}
    for move in moves(sentence.text, sentence.words):
        is_taker_other = move.taker in others and move.taker not in takers
        is_other_taker = any(each in takers and each not in others for each in (move.giver, move.thing) if each)
        if is_taker_other or is_other_taker:
            yield Unsupported(move.start, move.end, "The passage says this the other way round", "role", 0.75)


def moves(text: str, words: Sequence[Word]) -> list[_Move]:
    """Sales and purchases of a text: who gives, who takes, and what is named as given, as roots of names; empty where nobody is named."""
    found = []
    for index, word in enumerate(words):
        if word.text not in _TAKE and word.text not in _GIVE:
            continue
        if word.text in {"taken", "takes", "took"} and not (index + 1 < len(words) and words[index + 1].text == "over"):
            continue
        is_passive = index > 0 and words[index - 1].text in _BE
        before, after = _name_before(text, words, index), _name_after(text, words, index, "")
        by, origin, goal = (_name_after(text, words, index, small) for small in ("by", "from", "to"))
        takes = word.text in _TAKE
        if takes:
            taker, giver, thing = (by, origin, before) if is_passive or by else (before, origin, after)
        else:
            giver, taker, thing = (by, goal, before) if is_passive or by else (before, goal, after)
        if index > 1 and words[index - 1].text in _PRONOUNS and words[index - 2].text in {"which", "that", "whom"}:
            taker, giver, thing = ("", "", before) if takes else (goal, "", before)
        if taker or giver or thing:
            found.append(_Move(giver, taker, thing, word.start, word.end))
    return found


def _name_before(text: str, words: Sequence[Word], index: int) -> str:
    for at in range(index - 1, max(-1, index - _FAR), -1):
        if _CLAUSE.search(text, words[at].end, words[index].start):
            return ""
        if _is_name(text, words[at]):
            return words[at].root
    return ""


def _name_after(text: str, words: Sequence[Word], index: int, small: str) -> str:
    """The name behind a verb, or behind a small word that follows it."""
    is_there = not small
    for at in range(index + 1, min(len(words), index + _FAR)):
        if _CLAUSE.search(text, words[index].end, words[at].start):
            return ""
        if words[at].text == small:
            is_there = True
        elif is_there and _is_name(text, words[at]):
            return words[at].root
        elif (not small and words[at].text in {"by", "from", "to", "for", "in", "on", "at"}) or (
            small and is_there and words[at].text in {"by", "from", "to", "for", "in", "on", "at", "and"}
        ):
            return ""
    return ""


def _is_name(text: str, word: Word) -> bool:
    return text[word.start].isupper() and word.text not in SMALL
