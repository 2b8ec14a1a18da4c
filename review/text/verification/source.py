"""A passage read once, ready to be asked what it says. Pure Python.

Work stays linear in the passage: of a word that stands everywhere only its first places are kept.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise

from review.text.verification import direction, eras, forms, lines, negation, parties, telling
from review.text.verification.quantities import Quantity, SourceQuantities, rates
from review.text.verification.reckoning import Reckoning
from review.text.verification.telling import Telling
from review.text.verification.thesaurus import SMALL, opposites, sex_of, synonym_groups
from review.text.verification.words import Word, root, sentences_of, with_whole_numbers, words_of

# Places kept of one word; one that stands more often tells no sentence apart.
PLACES = 48
# Sentences a claim is compared with.
ALIGNED = 3
_KEPT_CHARS = 100_000
# Looked for from the beginnings of words alone: else a long word without a digit is read once for each of its letters.
_WITH_A_DIGIT = re.compile(r"(?<!\w)[^\W\d]*\d\w*")


class SourceText:
    """Words, quantities, names and negations of a passage.

    Attributes:
        roots: Roots of its words, in their order.
        places: Indices of words by root.
        stems: Indices of words by stem.
        denied: Indices of the words right behind a denial.
        sentences: Starts and ends of its sentences.
    """

    def __init__(self, text: str) -> None:
        self.text = text = with_whole_numbers(text)
        self.words = words_of(text)
        self.roots = [word.root for word in self.words]
        self.places: dict[str, list[int]] = defaultdict(list)
        self.stems: dict[str, list[int]] = defaultdict(list)
        for index, word in enumerate(self.words):
            for table, key in ((self.places, word.root), (self.stems, word.stem)):
                if len(places := table[key]) < PLACES:
                    places.append(index)
        self.sentences = list(sentences_of(text))
        self._sentence_starts = [start for start, _ in self.sentences]
        self._reached = {cue: negation.reached(text, self.words, cue) for cue in negation.cues(self.words)}
        self.denied = frozenset(
            index
            for cue, reached in self._reached.items()
            if self.words[cue].text not in negation.WARDING
            for index in reached[:1]
        )

    def has(self, root: str) -> bool:
        return root in self.places

    def has_small(self, word: str) -> bool:
        """Return whether a word occurs in the passage with a small first letter."""
        words = (self.words[place] for place in self.places.get(root(word), ()))
        return any(each.text == word and self.text[each.start].islower() for each in words)

    def says(self, key: str) -> bool:
        """Return whether the passage has a root, a synonym of it, or another form such as an acronym."""
        if key in self.places or key in self.other_forms:
            return True
        groups = self._groups
        return any(number in groups for number in synonym_groups().get(key, ()))

    def counterparts(self, keys: Iterable[str]) -> set[str]:
        """Roots of the passage that say what one of these roots says."""
        table, found = synonym_groups(), set()
        for key in keys:
            if key in self.places:
                found.add(key)
            for number in table.get(key, ()):
                found.update(self._groups.get(number, ()))
        return found

    def opposites(self, stem: str) -> set[str]:
        """Stems of the passage that contradict a stem or name another thing of its kind."""
        return {other for other in opposites().get(stem, ()) if other in self.stems}

    def holds(self, words: Sequence[Word]) -> bool:
        """Return whether these words follow one another in the passage, whatever their case."""
        texts = [word.text for word in words]
        starts = self.places.get(words[0].root, ())
        return any([word.text for word in self.words[place : place + len(texts)]] == texts for place in starts)

    def closest(self, words: Iterable[Word], count: int = ALIGNED) -> list[int]:
        """Numbers of the sentences that share the rarest roots with some words, the closest first."""
        scores: dict[int, float] = defaultdict(float)
        for key in sorted({word.root for word in words if word.text not in SMALL}):
            places = self.places.get(key, ())
            if 0 < len(places) < PLACES:
                for sentence in {self.sentence_of(place) for place in places}:
                    scores[sentence] += 1 / len(places)
        return sorted(scores, key=lambda sentence: (-scores[sentence], sentence))[:count]

    def sentence_at(self, position: int) -> int:
        """Number of the sentence that holds a character, or of the last one before it."""
        return max(0, bisect_right(self._sentence_starts, position) - 1)

    def sentence_of(self, place: int) -> int:
        return self.sentence_at(self.words[place].start)

    def words_in(self, sentence: int) -> list[Word]:
        first, end = (bisect_left(self.words, place, key=lambda word: word.start) for place in self.sentences[sentence])
        return self.words[first:end]

    def roots_of(self, sentence: int) -> set[str]:
        return {word.root for word in self.words_in(sentence)}

    @cached_property
    def quantities(self) -> SourceQuantities:
        return SourceQuantities(self.text)

    @cached_property
    def years(self) -> frozenset[int]:
        return eras.years(self.text)

    @cached_property
    def reckoning(self) -> Reckoning:
        return Reckoning(self.text, self.quantities.all)

    @cached_property
    def sheet(self) -> list[str]:
        """Its lines where it is a sheet of facts, one a line; none of prose and of talks."""
        return lines.of_sheet(self.text)

    @cached_property
    def keys(self) -> frozenset[str]:
        return lines.keys(self.sheet)

    @cached_property
    def list_lengths(self) -> frozenset[str]:
        return lines.list_lengths(self.sheet)

    @cached_property
    def things(self) -> dict[int, set[str]]:
        """Roots of what each number counts, by its place."""
        return telling.things(self.text, self.words, self.quantities.all)

    @cached_property
    def counted(self) -> dict[str, list[Quantity]]:
        """Numbers of the passage by the roots of what they count."""
        found: dict[str, list[Quantity]] = defaultdict(list)
        for quantity in self.quantities.all:
            for thing in self.things.get(quantity.start, ()):
                found[thing].append(quantity)
        return found

    @cached_property
    def ways(self) -> list[tuple[set[str], bool]]:
        return direction.told_ways(self.text, self.words)

    @cached_property
    def common(self) -> frozenset[str]:
        """Roots that stand so often that they tell nothing apart."""
        return frozenset(key for key, places in self.places.items() if len(places) > 4)

    @cached_property
    def moves(self) -> list[parties.Move]:
        return parties.moves(self.text, self.words)

    @cached_property
    def holders(self) -> dict[str, set[str]]:
        return parties.holders(self.text)

    @cached_property
    def telling(self) -> list[Telling]:
        """Its telling words and quantities in their order, without words it denies."""
        affirmed = [word for index, word in enumerate(self.words) if index not in self.denied]
        return telling.telling(self.text, affirmed, self.quantities.all)

    @cached_property
    def tellings(self) -> dict[str, list[int]]:
        """Indices of its telling words and quantities by their keys."""
        found: dict[str, list[int]] = defaultdict(list)
        for index, each in enumerate(self.telling):
            found[each.key].append(index)
        return found

    def is_other_form(self, each: Telling) -> bool:
        """Return whether a word absent from the passage is another form of one there: `UK` for *Britain*."""
        return each.word is not None and each.key not in self.places and each.word.text in self.other_forms

    @cached_property
    def sexes(self) -> tuple[int, int]:
        """Counts of its words for men, such as `he`, and for women."""
        found = [sex_of(word.text) for word in self.words]
        return found.count(0), found.count(1)

    @cached_property
    def rates(self) -> frozenset[str]:
        """Units of time by which it counts: `a month`, `weekly`."""
        return frozenset(unit for _, _, unit in rates(self.text))

    def counts(self, quantity: Quantity, units: frozenset[str]) -> bool:
        """Return whether an equal quantity is followed closely by a rate in one of these units of time."""
        ends = [each.end for each in self.quantities.matching(quantity)]
        return any(unit in units and any(0 <= start - end <= 10 for end in ends) for start, _, unit in rates(self.text))

    @cached_property
    def subjects_of_denials(self) -> dict[int, set[str]]:
        """Roots of the telling words right before each plain denial, by the word that it denies."""
        found = {}
        for cue, reached in self._reached.items():
            if reached and negation.is_plain(self.words[cue]):
                number = self.sentence_of(cue)
                before = [each.root for each in self.words[max(0, cue - 4) : cue] if each.text not in SMALL]
                found[reached[0]] = set(before) if self.sentence_of(reached[0]) == number else set()
        return found

    @cached_property
    def lacks(self) -> dict[int, set[str]]:
        """Roots of the two words behind each `no`, by the first of them: `no bank details`."""
        return {
            reached[0]: {self.roots[at] for at in reached[:2]}
            for cue, reached in self._reached.items()
            if self.words[cue].text == "no" and len(reached) > 1 and reached[1] == reached[0] + 1
        }

    @cached_property
    def cue_sentences(self) -> frozenset[int]:
        return frozenset(self.sentence_of(cue) for cue in self._reached)

    @cached_property
    def denied_roots(self) -> frozenset[str]:
        return frozenset(self.roots[index] for reached in self._reached.values() for index in reached)

    @cached_property
    def other_forms(self) -> frozenset[str]:
        """Acronyms of its names and words, and the words its acronyms stand for."""
        return (
            forms.equivalents(self.text.lower(), {word.text.replace(".", "") for word in self.words}) | self._initials
        )

    @cached_property
    def name_words(self) -> frozenset[str]:
        """Every form of every word, as names are compared."""
        words = {word.text.replace("\u2019", "'") for word in self.words}
        bare = {word.partition("'")[0].replace(".", "") for word in words}
        return frozenset(words | bare | self.other_forms | set(_WITH_A_DIGIT.findall(self.text.lower())))

    @cached_property
    def unspaced(self) -> str:
        """Its letters without blanks and hyphens: `superbowl` for *Super Bowl*."""
        return re.sub(r"[\s-]", "", self.text.lower())

    @cached_property
    def names(self) -> forms.LongNames:
        return forms.LongNames(self.text)

    @cached_property
    def _initials(self) -> frozenset[str]:
        """First letters of three to six words in a row, of which the first and the last begin with a capital."""
        is_capital = [self.text[word.start].isupper() for word in self.words]
        return frozenset(
            "".join(word.text[0] for word in self.words[first:end])
            for first in range(len(self.words))
            if is_capital[first]
            for end in range(first + 3, min(first + 6, len(self.words)) + 1)
            if is_capital[end - 1]
        )

    @cached_property
    def _groups(self) -> dict[int, list[str]]:
        """Roots, and pairs of roots, by the groups of synonyms they stand in."""
        found: dict[int, list[str]] = defaultdict(list)
        table = synonym_groups()
        pairs = {f"{first}_{second}" for first, second in pairwise(self.roots)}
        for key in [*self.places, *(pair for pair in pairs if pair in table)]:
            for number in table.get(key, ()):
                found[number].append(key)
        return found


def read(text: str) -> SourceText:
    """Read a passage; short ones are kept, so that many claims can be asked of one."""
    return _kept(text) if len(text) <= _KEPT_CHARS else SourceText(text)


@lru_cache(maxsize=16)
def _kept(text: str) -> SourceText:
    return SourceText(text)
