"""Parties of a text: givers and takers of its sales, and holders of posts. Pure Python."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from review.text.verification.thesaurus import SMALL
from review.text.verification.words import Word, listed, words_of

_TAKE = listed("buy buys bought buying acquire acquires acquired purchased taken takes took obtained ordered snapped")
_GIVE = listed("sell sells sold selling transferred handed supplies supplied awarded")
_BE = listed("is are was were be been being")
_ORDERS = listed("order orders")
_PRONOUNS = listed("you we they it he she")
_OWNERS = re.compile(r"^(?:Owners?|Owned by|Investors?|Funding|Financing|Financed by|Parent(?: company)?):(.*)$", re.M)
_FAR = 12
_CLAUSE = re.compile(r"[.;:!?\n]")
POSTS = {
    "ceo": "ceo", "executive": "ceo", "founder": "founder", "owner": "owner", "president": "president",
    "chairman": "chair", "chairwoman": "chair", "chair": "chair", "publisher": "publisher", "curator": "curator",
    "principal": "principal", "cfo": "cfo", "coo": "coo", "cto": "cto", "manager": "manager", "director": "director",
    "chef": "chef", "boss": "ceo",
}  # fmt: skip
_HOLDS = {"founded": "founder", "owned": "owner", "chief": "ceo", "heads": "ceo", "run": "ceo", "led": "ceo"}


class Move(NamedTuple):
    giver: str
    taker: str
    thing: str
    start: int
    end: int


def moves(text: str, words: Sequence[Word]) -> list[Move]:
    """Sales and purchases of a text: who gives, who takes, and what is named as given, as roots of names.

    Empty where nobody is named.
    """
    found = []
    for index, word in enumerate(words):
        if word.text in _ORDERS and (buyer := _name_after(text, words, index, "from")):
            found.append(Move(_name_before(text, words, index), buyer, "", word.start, word.end))
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
            found.append(Move(giver, taker, thing, word.start, word.end))
    for line in _OWNERS.finditer(text):
        found += [
            Move("", name, "", *line.span())
            for name in (word.root for word in words_of(line[1]) if line[1][word.start].isupper())
        ]
    return found


def is_borne_out(text: str, words: Sequence[Word], verb: Word, sales: Sequence[Move]) -> bool:
    """Return whether a verb tells a sale that the passage tells, maybe from the other side: *bought* for *sold*."""
    if verb.text not in _TAKE and verb.text not in _GIVE:
        return False
    takers, givers = {each.taker for each in sales}, {each.giver for each in sales}
    own = [each for each in moves(text, words) if each.start == verb.start and (each.taker or each.giver)]
    return bool(own) and not any(
        (each.taker and each.taker in givers - takers) or (each.giver and each.giver in takers - givers) for each in own
    )


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


def holders(text: str) -> dict[str, set[str]]:
    """Words of the names that stand near each kind of post, in its line or sentence."""
    found: dict[str, set[str]] = {}
    for line in re.split(r"\n|(?<=[.!?]) (?=[A-Z])", text):
        names = {word.lower() for word in re.findall(r"(?<!^)\b[A-Z][\w'\u2019-]+", line)}
        for word in re.findall(r"\w+", line.lower()):
            if post := POSTS.get(word) or _HOLDS.get(word):
                found.setdefault(post, set()).update(names - set(POSTS))
    return {post: names for post, names in found.items() if names}
