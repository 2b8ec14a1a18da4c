"""Words of English prose with their roots, and sentences that titles and abbreviations do not end. Pure Python."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from review.text.reading import words as plain_words

_WORD = re.compile(r"(?:[^\W\d_]\.){2,}|[^\W\d_][^\W_]*(?:['\u2019][^\W\d_]+)*")
_ABBREVIATED = re.compile(
    r"(?:^|[\s(])(?:mr|mrs|ms|mx|dr|prof|st|jr|sr|inc|ltd|co|corp|no|vs|e\.g|i\.e|gen|sen|rep|gov|lt|sgt|[A-Z])\.$",
    re.IGNORECASE,
)
# Numbers of texts that are cut into words: `3, 500 cows`, `1. 7 million`; not the `May, 3` of *in May, 3, 500 of them*.
_CUT_NUMBER = re.compile(
    r"(?<![\d.,])(?<![A-Z][a-z]{2} )(?<![a-z], )\d{1,3}(?:(?:, \d{3})+(?= [a-z])|\. \d{1,2}"
    r"(?= ?(?:per ?cent|%|million|billion|kg|km|miles?)))(?!\d)| - (?=(?:year|month|week|day|hour|minute)\b)"
)
# Forms that no ending tells.
_IRREGULAR_TEXT = """
    bought:buy brought:bring came:come chose:choose chosen:choose did:do done:do does:do drew:draw drawn:draw
    drove:drive driven:drive fell:fall fallen:fall felt:feel fought:fight found:find gave:give given:give went:go
    gone:go goes:go grew:grow grown:grow had:have has:have held:hold heard:hear kept:keep knew:know known:know led:lead
    left:leave lent:lend lost:lose made:make meant:mean met:meet paid:pay ran:run rose:rise risen:rise said:say saw:see
    seen:see sent:send shown:show sold:sell spent:spend spoke:speak spoken:speak stood:stand struck:strike taken:take
    took:take taught:teach thought:think told:tell understood:understand won:win wrote:write written:write began:begin
    begun:begin became:become built:build got:get gotten:get lain:lie laid:lay children:child people:person men:man
    women:woman feet:foot lives:life wives:wife better:good best:good worse:bad worst:bad more:more less:less
    shrank:shrink sank:sink swam:swim sought:seek caught:catch hid:hide hidden:hide broke:break broken:break
    tore:tear torn:tear wore:wear worn:wear ate:eat eaten:eat stole:steal stolen:steal froze:freeze frozen:freeze
    beaten:beat threw:throw thrown:throw slain:slay slew:slay dying:die dies:die died:die tied:tie lied:lie data:data
    upheld:uphold withheld:withhold withdrew:withdraw withdrawn:withdraw overcame:overcome overthrew:overthrow
    overthrown:overthrow overtook:overtake overtaken:overtake undertook:undertake undertaken:undertake misled:mislead
    rebuilt:rebuild fled:flee fed:feed shot:shoot shook:shake shaken:shake swore:swear sworn:swear rode:ride ridden:ride
    flew:fly flown:fly blew:blow blown:blow forgot:forget forgotten:forget forbade:forbid forbidden:forbid
    forgave:forgive forgiven:forgive sang:sing sung:sing drank:drink slept:sleep swept:sweep dealt:deal dug:dig
    hung:hang burnt:burn learnt:learn proven:prove sunk:sink shrunk:shrink swung:swing woke:wake woken:wake leapt:leap
    media:media series:series news:news business:business marketing:marketing banking:banking accounting:accounting
    engineering:engineering training:training using:use used:use agreed:agree guaranteed:guarantee
    bus:bus gas:gas this:this his:his its:its us:us was:be were:be is:be are:be been:be being:be
"""
# Verbs of two words that say what one says.
_PHRASAL_TEXT = """
    turn_down:reject throw_out:dismiss call_off:cancel put_off:postpone push_back:postpone step_down:resign
    stand_down:resign lay_off:dismiss pull_out:withdraw pull_back:withdraw drop_out:withdraw rule_out:exclude
    carry_on:continue shut_down:close close_down:close sell_off:sell scale_back:reduce cut_back:reduce
    speed_up:accelerate slow_down:slow find_out:discover
"""
_PHRASAL = {tuple(verb.split("_")): plain for verb, _, plain in (pair.partition(":") for pair in _PHRASAL_TEXT.split())}
_PARTICLES = frozenset(particle for _, particle in _PHRASAL)
_IRREGULAR = dict(pair.split(":") for pair in _IRREGULAR_TEXT.split())
_DERIVED = re.compile(
    r"(?:i[sz]ations?|i[sz]e|ations?|itions?|utions?|tions?|ions?|ments?|nesses|ness|abilit[yi]|ibilit[yi]|abl[ey]?"
    r"|ibl[ey]?|ally|ly|anc|enc|ances?|ences?|ancy|ency|ants?|ents?|ives?|iv|ivel|als?|ors?|ers?|iz|is|it[yi]|ful|eri|i)$"
)
_VERBAL = re.compile(r"(?<=.{4})i[sz]$")
_SHORTEST_ROOT = 4
# Verbs that lose an e before an ending: those in v, z, c, a vowel and s, and short ones such as hope.
_LOST_E = re.compile(r"(?:[vzc]|[aeiou]s|^[^aeiou]*(?:qu)?[aeiouy][^aeiouwxy])$")
# British and American forms of longer words have two and one: *travelled*, *enroll*.
_DOUBLED = re.compile(r"[^aeiou]*+[aeiou].*[aeiou]ll\Z")
# Longer words go without their last e: manage and managing have one stem, care and car have two.
_KEEPS_E = 5


class Word(NamedTuple):
    """A word at its place.

    Attributes:
        start: First character.
        end: One past the last.
        text: The word in small letters.
        stem: What its inflected forms share: `option` of options, `optional` of optional.
        root: What words derived from it share too: `option` of both.
    """

    start: int
    end: int
    text: str
    stem: str
    root: str


def listed(text: str) -> frozenset[str]:
    """A list of words that is written as a text."""
    return frozenset(text.split())


def is_past(word: Word) -> bool:
    """Return whether a word has the form of a verb's past: *called*, *went*."""
    return word.text.endswith("ed") or (word.text in _IRREGULAR and word.text[-1] != "s")


def words_of(text: str) -> list[Word]:
    """Every word of a text; numbers are no words, parts of hyphenated words are words of their own.

    A verb of two words has the stem and root of one that says the same: *called off* those of *cancel*.
    """
    found: list[Word] = []
    for match in _WORD.finditer(text):
        folded = match.group().lower()
        is_behind = folded in _PARTICLES and found and match.start() == found[-1].end + 1
        if is_behind and (plain := _PHRASAL.get((found[-1].stem, folded))):
            found[-1] = found[-1]._replace(stem=stem(plain), root=root(plain))
        found.append(Word(match.start(), match.end(), folded, stem(folded), root(folded)))
    return found


def with_whole_numbers(text: str) -> str:
    """Return a text that is cut into words with whole numbers: `1.7 million` for `1. 7 million`."""
    return _CUT_NUMBER.sub(lambda number: number.group().replace(" ", ""), text)


def sentences_of(text: str) -> Iterator[tuple[int, int]]:
    """Places of sentences; a full stop after a title or an initial ends none."""
    start = end = -1
    for match in plain_words.sentences(text):
        if start >= 0 and _ABBREVIATED.search(text, max(start, end - 8), end) and "\n" not in text[end : match.start()]:
            end = match.end()
            continue
        if start >= 0:
            yield start, end
        start, end = match.span()
    if start >= 0:
        yield start, end


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return the stem that a case-folded word shares with its inflected forms."""
    return _shortened(_base(word))


def _base(word: str) -> str:
    word = word.replace("\u2019", "'").partition("'")[0].replace(".", "")
    base = _IRREGULAR.get(word) or _uninflected(word)
    return _IRREGULAR.get(base, base)


def _shortened(base: str, ending: str = "e") -> str:
    """Leave out the last letter where spellings differ in it: *cancelled* and *canceled*, *installed* and *instal*."""
    return base[:-1] if len(base) > _KEEPS_E and (base.endswith(tuple(ending)) or _DOUBLED.match(base)) else base


@lru_cache(maxsize=65_536)
def root(word: str) -> str:
    """Return the root that a case-folded word shares with words derived from it: `insur` of insurance and insured."""
    base = _base(word)
    base = base[:-1] if base.endswith("e") and len(base) > _KEEPS_E else base
    derived = _DERIVED.sub("", base)
    if len(derived) >= _SHORTEST_ROOT:
        base = _VERBAL.sub("", derived)
    return _shortened(base, "ey")


def _uninflected(word: str) -> str:
    if len(word) <= 3:
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        bare = word.removesuffix(ending)
        if bare != word and len(bare) >= 3 and re.search("[aeiouy]", bare):
            if ending == "ed" and bare.endswith("i"):
                return bare[:-1] + "y"
            if len(bare) > 3 and bare[-1] == bare[-2] and bare[-1] not in "lsz":
                return bare[:-1]
            return f"{bare}e" if _LOST_E.search(bare) else bare
    return word
