"""Rules on who is who: who gives and who takes, and who holds which post. Pure Python."""

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
_POSTS = {
    "ceo": "ceo", "executive": "ceo", "founder": "founder", "owner": "owner", "president": "president", "chairman": "chair", "chairwoman": "chair", "chair": "chair",
    "publisher": "publisher", "curator": "curator", "principal": "principal", "cfo": "cfo", "coo": "coo", "cto": "cto", "manager": "manager", "director": "director",
    "chef": "chef", "boss": "ceo",
}  # fmt: skip
_NAME = r"((?:(?:Dr|Mr|Mrs|Ms)\.? )?[A-Z][\w'\u2019-]+(?: [A-Z][\w'\u2019-]+)*)"
_POST = rf"((?i:(?:chief |managing |finance |general |vice )?(?:{'|'.join(_POSTS)})))"
_HELD = re.compile(
    rf"{_NAME}, (?:as |who is |being )?(?:your |the |its |our |their )?{_POST}\b|\b[Aa]s (?:the |your )?{_POST}(?: of [^,]+)?, {_NAME}|\b{_POST} {_NAME}|{_NAME} (?:is|was|becomes|as) (?:your |the |its )?{_POST}\b"
)


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


def posts(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Posts told of somebody whom the passage names beside none of the kind, where it names another beside it."""
    for match in _HELD.finditer(sentence.text, sentence.start, sentence.end) if sentence.source.sheet else ():
        name = next(each for each in (match[1], match[4], match[6], match[7]) if each)
        post = next(each for each in (match[2], match[3], match[5], match[8]) if each).lower().split()[-1]
        names = {word.lower() for word in re.findall(r"[A-Z][\w\u2019-]+", name)} - {"mr", "mrs", "ms", "dr"}
        holders = sentence.source.holders.get(_POSTS.get(post, ""), set())
        if holders and not names & holders and all(each in sentence.source.name_words for each in names):
            yield Unsupported(match.start(), match.end(), "The passage names another in this post", "role", 0.75)


def holders(text: str) -> dict[str, set[str]]:
    """Words of the names that stand near each kind of post, in its line or sentence."""
    found: dict[str, set[str]] = {}
    for line in re.split(r"\n|(?<=[.!?]) (?=[A-Z])", text):
        names = {word.lower() for word in re.findall(r"(?<!^)\b[A-Z][\w'\u2019-]+", line)}
        for word in re.findall(r"\w+", line.lower()):
            post = _POSTS.get(word) or {
                "founded": "founder",
                "owned": "owner",
                "chief": "ceo",
                "heads": "ceo",
                "run": "ceo",
                "led": "ceo",
            }.get(word)
            if post:
                found.setdefault(post, set()).update(names - set(_POSTS))
    return {post: names for post, names in found.items() if names}
