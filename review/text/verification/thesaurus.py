"""Own short lists of English words: which say nearly the same, which contradict, which only report. Pure Python."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path

from review.text.verification.words import listed, root, stem

_FOLDER = Path(__file__).parent
_SMALL_TEXT = """
    a about above after again all also although am an and any anyone anything are as at away back be because been before
    being below between both but by can could did do does doing done down during each either else ever every everyone
    everything for from further had has have having he hence her here hers herself him himself his how however i if in
    into is it its itself just let like may me might more most much must my myself nor not now of off on once one only
    onto or other others our ours ourselves out over own per rather same shall she should since so some someone
    something such than that the their theirs them themselves then there these they this those though through thus to
    together too toward towards under until up upon us very via was we well were what when where whereas whether which
    while who whom whose why will with within without would yes yet you your yours yourself mr mrs ms dr sir madam no
    none able another around along across among amid against beyond despite due except including etc e.g i.e
    am pm st nd rd th s t re ll ve d m
"""
SMALL = frozenset(_SMALL_TEXT.split())
VAGUE = SMALL | listed(
    "quarterly monthly yearly annual weekly daily hourly partially partly long short new newest latest last first "
    "next former old past future coming following begin start open launch end finish close high low big small "
    "large major little good great best strong add free general right left same different man woman boy girl "
    "mother father son daughter brother sister husband wife"
)
_VAGUE_FORMS = VAGUE | {"men", "women"} | {f"{word}s" for word in VAGUE}
_MEN = listed(
    "he him his himself man men boy boys father son brother husband uncle mr sir king prince gentleman "
    "grandfather nephew dad"
)
_WOMEN = listed(
    "she her hers herself woman women girl girls mother daughter sister wife aunt mrs ms lady queen princess "
    "grandmother niece mum mom"
)
_SEXES = dict.fromkeys(_MEN, 0) | dict.fromkeys(_WOMEN, 1)


def sex_of(text: str) -> int | None:
    """Return the sex that a word names, 0 for `he` and 1 for `she`; None where it names none."""
    return _SEXES.get(text.replace("\u2019", "'").partition("'")[0])


def is_vague(text: str) -> bool:
    """Return whether a word, or what a plural or possessive form is of, goes with anything: `women's`, `starts`."""
    return text.replace("\u2019", "'").partition("'")[0] in _VAGUE_FORMS


@cache
def synonym_groups() -> dict[str, tuple[int, ...]]:
    """Numbers of the groups each root, or pair of words joined by `_`, stands in."""
    groups: dict[str, list[int]] = defaultdict(list)
    for number, words in enumerate(_lines("synonyms.txt")):
        for word in words.replace("-", "_").split():
            key = joined(word.split("_"))
            if number not in groups[key]:
                groups[key].append(number)
    return {key: tuple(numbers) for key, numbers in groups.items()}


@cache
def opposites() -> dict[str, frozenset[str]]:
    """Stems that contradict a stem, or name another thing of its kind."""
    against: dict[str, set[str]] = defaultdict(set)
    for line in _lines("antonyms.txt"):
        left, right = ([stem(word) for word in side.replace("-", "").split()] for side in line.split(":"))
        for word in left:
            against[word].update(right)
        for word in right:
            against[word].update(left)
    for line in _lines("kinds.txt"):
        things = [[stem(word) for word in thing.split("=")] for thing in line.split()]
        for thing in things:
            for word in thing:
                against[word].update(other for rival in things if rival is not thing for other in rival)
    return {word: frozenset(others - {word}) for word, others in against.items()}


@cache
def contraries() -> dict[str, frozenset[str]]:
    """Roots that contradict a root; things of one kind and words of time that go with anything are left out."""
    against: dict[str, set[str]] = defaultdict(set)
    for line in _lines("antonyms.txt"):
        left, right = (
            [root(word) for word in side.replace("-", "").split() if word not in VAGUE] for side in line.split(":")
        )
        for one, other in product(left, right):
            against[one].add(other)
            against[other].add(one)
    return {word: frozenset(others - {word}) for word, others in against.items()}


@cache
def concepts() -> dict[str, list[frozenset[str]]]:
    """Roots of which a passage must hold one where a summary says a stem; none for words that accuse."""
    found: dict[str, list[frozenset[str]]] = defaultdict(list)
    for line in _lines("concepts.txt"):
        words, evidence = (side.split() for side in line.split(":"))
        roots = frozenset(root(word) for word in (*words, *evidence) if evidence)
        for word in words:
            found[stem(word)].append(roots)
    return found


@cache
def reporting() -> frozenset[str]:
    """Roots of words with which a summary speaks of its text."""
    return frozenset(root(word) for line in _lines("reporting.txt") for word in line.split())


def joined(words: list[str]) -> str:
    """The key of words in a row: their roots, joined."""
    return "_".join(root(word) for word in words)


def _lines(name: str) -> Iterator[str]:
    for line in (_FOLDER / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line
