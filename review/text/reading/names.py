"""Proper names in English text without support by facts. Pure Python.

A name is a capitalised word inside a sentence, or a run of capitalised words anywhere. The first word of a sentence
alone passes, unless it is a given name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence, Set
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
    gwh twh mwh kwh mhz ghz khz mpa kpa mbit gbit mbps gbps
    pm     english internet web zoom skype linkedin google wi-fi e-mail email
"""
COMMON = frozenset(_COMMON_TEXT.split())
# Words that open sentences and questions; before a name they are not part of it.
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
# Short forms in names of streets and companies.
_SHORT_FORMS = {
    "avenue": "ave", "boulevard": "blvd", "brothers": "bros", "department": "dept", "international": "intl",
    "lane": "ln", "manufacturing": "mfg", "road": "rd", "saint": "st", "square": "sq", "street": "st",
}  # fmt: skip
_SHORTENED = re.compile(rf"\b(?:{'|'.join(_SHORT_FORMS)})\b|(?<=\w)strasse\b")
# Letters that are written as others where a keyboard lacks them: Jørgen as Jorgen or Joergen.
_PLAIN = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d"})
_SPREAD = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_OF_A_PLACE = re.compile(r"^(.{3,}?)(?:ian|ean|an|ese|ish|i|er|ers)$")
_TITLE_SHARE = 0.6
# The full stop of a title does not end a sentence. Number of characters to search before a word.
_TITLED, _LOOKED_BACK = re.compile(r"\b(?:Mr|Mrs|Ms|Mx|Dr|Prof)\.$"), 80
_PARTED, _GOES_ON = re.compile(r"[-'\u2019]"), re.compile(r"['\u2019]?,? [^\W\d_]")
# Names that are also words, or that goods go by: *polish*, *Lima beans*, *French fries*.
_ALSO_WORDS_TEXT = """
    Heather Jack Marina Max Rosemary Cape Cork Java Kingdom Latin North Pole Poles South States Turkey Union Us
    Baltic Bologna Bordeaux Brazil Brussels Champagne Chile China Cologne Damascus Delft Derby Geneva Highland Highlands
    Hull Lima Limerick Maine Manila Nordic Oxford Phoenix Portland Porto Rhodes Seville Stirling Valencia Vienna
    American Argentine Australian Austrian Belgian British Bulgarian Chinese Danes Danish Dutch English European Finnish
    French German Greek Hungarian Indian Irish Italian Japanese Korean Lebanese Mexican Moroccan Norwegian Polish
    Portuguese Russian Scandinavian Scots Scottish Spanish Swede Swedes Swedish Swiss Syrian Thai Turkish Vietnamese
    Welsh
"""
_ALSO_WORDS = frozenset(_ALSO_WORDS_TEXT.split())
# The number of an order or invoice, unlike that of COVID-19.
_CODE = re.compile(r"\d{3,}")
# Number of words from which their beginnings are looked up in an index.
_MANY = 2_000


def unknown_names(
    text: str,
    vocabulary: frozenset[str],
    *,
    is_title: bool = False,
    given_names: Set[str] = frozenset(),
    places: Set[str] = frozenset(),
) -> Iterator[tuple[int, int]]:
    """Yield start and end of each name without support; neighbouring words are one name.

    Args:
        text: Text with slots, links and addresses blanked.
        vocabulary: Case-folded words that support names.
        is_title: Whether the text is a headline, which passes if it capitalises most words.
        given_names: Given names, which are names at the beginning of a sentence too.
        places: Names of places, likewise.
    """
    if is_title and _capitalises_all(text):
        return
    for run in _runs(text):
        unknown = [word for word in run if not _is_known(word.group(), vocabulary, given_names)]
        if not unknown:
            continue
        if unknown[0] is run[0] and opens_sentence(text, run[0].start()):
            is_name = _is_whole_name(text, run, unknown) or any(
                _is_among(text, run[0], names) for names in (given_names, places)
            )
            unknown = unknown if is_name else unknown[1:]
        if unknown:
            yield unknown[0].start(), unknown[-1].end()


def _is_whole_name(text: str, run: list[re.Match[str]], unknown: list[re.Match[str]]) -> bool:
    """Return whether the first word of a sentence is part of a name, because the next word is unknown too."""
    if len(unknown) < 2 or unknown[1] is not run[1] or run[0].group().casefold() in _STARTERS:
        return False
    return text[run[0].end() : run[1].start()] in {" ", " & "}


def _is_among(text: str, word: re.Match[str], names: Set[str]) -> bool:
    """Return whether one of these names does something in its sentence; alone on its line it signs."""
    first = _PARTED.split(word.group())[0]
    return first in names and first not in _ALSO_WORDS and bool(_GOES_ON.match(text, word.end()))


def _runs(text: str) -> Iterator[list[re.Match[str]]]:
    """Yield runs of capitalised words, joined by a blank or a particle of names."""
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
    """Return whether a word in capitals is shouting, which another check marks, rather than a short name of a tool."""
    return (len(word) > 1 and word.isupper() and word.isalpha() and len(word) != 3) or word in _SHORT_SHOUTS


_SHORT_SHOUTS = frozenset(
    {"ACT", "NOW", "BUY", "NOT", "YOU", "ALL", "NEW", "OUR", "ANY", "GET", "OFF", "THE", "AND", "FOR"}
)


def _is_known(word: str, vocabulary: frozenset[str], given_names: Set[str] = frozenset()) -> bool:
    if word in CODES:
        # A currency is no name.
        return True
    folded = word.casefold().replace("\u2019", "'")
    if folded in COMMON or folded in vocabulary:
        return True
    if word[1:2] in {"'", "\u2019"} and word[2:3].isupper():
        # The name in O'Brien and D'Arcy.
        return _is_known(word[2:], vocabulary, given_names)
    bare = folded.split("'")[0].rstrip(".")
    if (
        bare in COMMON
        or bare.removesuffix("s") in COMMON
        or bare in vocabulary
        or bare.rstrip("s") in vocabulary
        or f"{bare}s" in vocabulary
    ):
        return True
    parts = re.split(r"[-&.]", bare)
    if len(parts) > 1:
        originals = re.split(r"[-&.]", word)
        return all(
            _is_known(part, vocabulary, given_names) if originals[i][:1].isupper() or _CODE.fullmatch(part) else True
            for i, part in enumerate(parts)
        )
    if not _spellings(bare).isdisjoint(_respelt(vocabulary)):
        return True
    # A Peter is no man of Petra.
    return bare.capitalize() not in given_names and _is_of_known_place(bare, vocabulary)


def _spellings(word: str) -> frozenset[str]:
    """Return a case-folded word without accents and hyphens, with umlauts as two letters, and in its short form."""
    composed = unicodedata.normalize("NFC", word).replace("-", "")
    ways = {composed.translate(_PLAIN), composed.translate(_SPREAD).translate(_PLAIN)}
    plain = {
        "".join(char for char in unicodedata.normalize("NFD", way) if not unicodedata.combining(char)) for way in ways
    }
    return frozenset(_SHORTENED.sub(lambda long: _SHORT_FORMS.get(long.group(), "str"), way) for way in plain)


@lru_cache(maxsize=4)
def _respelt(vocabulary: frozenset[str]) -> frozenset[str]:
    """Return the spellings of the words that may be spelt otherwise."""
    others = (word for word in vocabulary if not word.isascii() or "-" in word or _SHORTENED.search(word))
    return vocabulary.union(*map(_spellings, others))


def is_same_name(words: Sequence[str], others: Sequence[str]) -> bool:
    """Return whether two names are the same, each word in some spelling."""
    pairs = zip(words, others, strict=False)
    return len(words) == len(others) and all(_spellings(one) & _spellings(other) for one, other in pairs)


def _is_of_known_place(word: str, vocabulary: frozenset[str]) -> bool:
    """Return whether a place supports a word: 'Norwegian' has the beginning of Norway and an ending of peoples."""
    if _PEOPLE.get(word) in vocabulary:
        return True
    stem = _OF_A_PLACE.match(word)
    if stem is None:
        return False
    root = stem.group(1)
    beginning = root[: max(4, len(root) - 2)]
    if root in vocabulary or len(vocabulary) >= _MANY:
        return root in vocabulary or beginning in _beginnings(vocabulary)
    return any(place.startswith(beginning) for place in vocabulary if len(place) >= 4)


@lru_cache(maxsize=4)
def _beginnings(vocabulary: frozenset[str]) -> frozenset[str]:
    return frozenset(word[:end] for word in vocabulary for end in range(4, len(word) + 1) if len(word) <= _LOOKED_BACK)


def opens_sentence(text: str, start: int) -> bool:
    """Return whether a word that begins here opens its sentence, its line or its quotation."""
    before = text[max(0, start - _LOOKED_BACK) : start].rstrip(" \t")
    return not before or (before[-1] in _OPENERS and not _TITLED.search(before))


def _capitalises_all(text: str) -> bool:
    words = [word for word in re.findall(r"[^\W\d_]+", text) if len(word) >= 4]
    return len(words) >= 3 and sum(word[0].isupper() for word in words) >= _TITLE_SHARE * len(words)
