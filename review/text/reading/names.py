"""Proper names in English text, and which of them no fact supports. Pure Python; knows no task.

A name is a capitalised word inside a sentence, or a run of capitalised words anywhere. The first word of a sentence
alone may be any word, so it is let pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from review.text.reading.currencies import CODES

_CAPITAL = re.compile(r"(?<![\w'\u2019])[^\W\d_a-z][\w]*(?:[-'\u2019&.][^\W_]+)*")
_LINK = re.compile(r"(?: (?:&|and|of|the|de|von|van|der|und) | )")
_OPENERS = set('.!?…:;\n"“”„(«»•*\u2013—|>/')
_COMMON_TEXT = """
         i i'm i've i'd i'll monday tuesday wednesday thursday friday saturday sunday january february march april
    may june july     august september october november december spring summer autumn winter christmas easter     hi
    hello hey dear greetings best kind regards thanks thank sincerely yours cheers re fwd ps p.s mr mrs ms mx dr
    prof     ceo coo cfo cto cio cmo hr it ai uk us usa eu api crm erp pdf csv kpi roi faq q1 q2 q3 q4 ok url id am
    jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun mio mrd tsd
    pm     english internet web zoom skype linkedin google wi-fi e-mail email
"""
COMMON = frozenset(_COMMON_TEXT.split())
# Words that open sentences and questions; in front of a name they are no part of it.
_STARTERS_TEXT = """
         a about after all also an and another any are as at because before both but by can could did do does during
    each either     even every few first for from given good had has have he her here his how however i if in
    instead is it its just last less     let like many maybe may might more most much my new next no not now of
    often on once one only or other our over people     perhaps please several shall she should since so some soon
    still such teams than that the their then there these they this     those though through to today together too
    under until up was we were what when where whether which while who whose why will     with within without would
    yes yet you your again against along among around best between beyond companies dear despite     especially
    finally great growing hello here's hi it's let's looking planning quick recently running saw seeing thanks
    that's we're we've what's whatever working worth you'll you're you've
"""
_STARTERS = frozenset(_STARTERS_TEXT.split())
_PEOPLE = {
    "american": "states",
    "british": "kingdom",
    "danish": "denmark",
    "dutch": "netherlands",
    "french": "france",
    "polish": "poland",
    "spanish": "spain",
    "swedish": "sweden",
    "finnish": "finland",
    "irish": "ireland",
    "scottish": "scotland",
    "welsh": "wales",
    "swiss": "switzerland",
    "turkish": "turkey",
    "greek": "greece",
    "czech": "czechia",
    "english": "england",
}
_OF_A_PLACE = re.compile(r"^(.{3,}?)(?:ian|ean|an|ese|ish|i|er|ers)$")
_TITLE_SHARE = 0.6
# The full stop of a title ends no sentence; nor is a whole text copied to look before a word.
_TITLED, _LOOKED_BACK = re.compile(r"\b(?:Mr|Mrs|Ms|Mx|Dr|Prof)\.$"), 80
# From so many known words on, their beginnings are looked up rather than gone through.
_MANY = 2_000


def unknown_names(text: str, known: frozenset[str], *, is_title: bool = False) -> Iterator[tuple[int, int]]:
    """Places of names that no known word supports.

    Args:
        text: The text, with slots, links and addresses blanked.
        known: Case-folded words that may be used.
        is_title: The text is a headline; one that capitalises most words is let pass.

    Yields:
        Start and end of each unknown name; neighbouring words make one.
    """
    if is_title and _capitalises_all(text):
        return
    for run in _runs(text):
        unknown = [word for word in run if not _is_known(word.group(), known)]
        if not unknown:
            continue
        if unknown[0] is run[0] and opens_sentence(text, run[0].start()) and not _is_whole_name(text, run, unknown):
            unknown = unknown[1:]
        if unknown:
            yield unknown[0].start(), unknown[-1].end()


def _is_whole_name(text: str, run: list[re.Match[str]], unknown: list[re.Match[str]]) -> bool:
    """Return whether the first word of a sentence is part of a name: the next word is unknown too."""
    if len(unknown) < 2 or unknown[1] is not run[1] or run[0].group().casefold() in _STARTERS:
        return False
    return text[run[0].end() : run[1].start()] in {" ", " & "}


def _runs(text: str) -> Iterator[list[re.Match[str]]]:
    """Capitalised words that stand side by side, joined by a blank or a small word of names."""
    run: list[re.Match[str]] = []
    for word in _CAPITAL.finditer(text):
        if not word.group()[0].isupper() or _is_shouted(word.group()):
            continue
        if run and not _LINK.fullmatch(text, run[-1].end(), word.start()):
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def _is_shouted(word: str) -> bool:
    """Long words in capitals are shouting, which is another check's affair; short ones may be names of tools."""
    return (len(word) > 1 and word.isupper() and word.isalpha() and len(word) != 3) or word in _SHORT_SHOUTS


_SHORT_SHOUTS = frozenset(
    {"ACT", "NOW", "BUY", "NOT", "YOU", "ALL", "NEW", "OUR", "ANY", "GET", "OFF", "THE", "AND", "FOR"}
)


def _is_known(word: str, known: frozenset[str]) -> bool:
    if word in CODES:
        # A currency is no name.
        return True
    folded = word.casefold().replace("\u2019", "'")
    if folded in COMMON or folded in known:
        return True
    bare = folded.split("'")[0].rstrip(".")
    if (
        bare in COMMON
        or bare.removesuffix("s") in COMMON
        or bare in known
        or bare.rstrip("s") in known
        or f"{bare}s" in known
    ):
        return True
    parts = re.split(r"[-&.]", bare)
    if len(parts) > 1:
        given = re.split(r"[-&.]", word)
        return all(not part or not given[i][:1].isupper() or _is_known(part, known) for i, part in enumerate(parts))
    return _is_of_known_place(bare, known)


def _is_of_known_place(word: str, known: frozenset[str]) -> bool:
    """'Norwegian' is vouched for by Norway: the same first letters and an ending of peoples."""
    if _PEOPLE.get(word) in known:
        return True
    stem = _OF_A_PLACE.match(word)
    if stem is None:
        return False
    root = stem.group(1)
    beginning = root[: max(4, len(root) - 2)]
    if root in known or len(known) >= _MANY:
        return root in known or beginning in _beginnings(known)
    return any(place.startswith(beginning) for place in known if len(place) >= 4)


@lru_cache(maxsize=4)
def _beginnings(known: frozenset[str]) -> frozenset[str]:
    return frozenset(word[:end] for word in known for end in range(4, len(word) + 1) if len(word) <= _LOOKED_BACK)


def opens_sentence(text: str, start: int) -> bool:
    """Return whether a word that begins here is the first of its sentence, its line or its quotation."""
    before = text[max(0, start - _LOOKED_BACK) : start].rstrip(" \t")
    return not before or (before[-1] in _OPENERS and not _TITLED.search(before))


def _capitalises_all(text: str) -> bool:
    words = [word for word in re.findall(r"[^\W\d_]+", text) if len(word) >= 4]
    return len(words) >= 3 and sum(word[0].isupper() for word in words) >= _TITLE_SHARE * len(words)
