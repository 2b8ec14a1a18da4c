"""Invented company names in many shapes, none given twice."""

import random
from pathlib import Path

from demo import phrase_files

_FILE = phrase_files.read(Path(__file__).with_name("company_names.txt"))
_HEADS, _TAILS, _PLAIN = _FILE[""].lists.values()
_FIRST_OF_PLAIN = {name.split()[0] for name in _PLAIN}
_LEGAL_FORMS = {country: form for country, (form,) in _FILE["legal forms"].lists.items()}
MAX_LENGTH = 27


def _stem(rng: random.Random) -> str:
    head = rng.choice(_HEADS)
    return head + rng.choice([tail for tail in _TAILS if tail[0] != head[-1]])


def _draw(rng: random.Random, words: list[str], country: str) -> str:
    word = rng.choice(words)
    shape = rng.randrange(9)
    if shape == 0:
        return _stem(rng)
    if shape == 1:
        return f"{_stem(rng)} & {_stem(rng)}"
    if shape == 2:
        return f"{_stem(rng)}-{_stem(rng)} {word}"
    if shape == 3:
        return f"{_stem(rng)} {word} {_LEGAL_FORMS.get(country, 'Group')}"
    if shape == 4:
        return f"{rng.choice(_PLAIN)} {word}"
    if shape == 5:
        return f"{_stem(rng)} {_LEGAL_FORMS.get(country, 'Group')}"
    if shape == 6:
        return f"{_stem(rng)} & {rng.choice(('Sons', 'Daughters', 'Partners'))} {word}"
    return f"{_stem(rng)} {word}"


class UniqueNames:
    """Gives names one after the other and remembers what it gave, so that two companies never share one.

    Args:
        rng: The source of chance; the same state gives the same names.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._stems_taken: set[str] = set()

    def next_name(self, words: list[str], country: str) -> str:
        """Return a new name of at most `MAX_LENGTH` characters.

        No two invented stems begin two names; names such as "Blue Heron" may come back with another sector's word.

        Args:
            words: Words of the sector a name may end with.
            country: Settles the legal form, where the name carries one.
        """
        while True:
            name = _draw(self._rng, words, country)
            stem = name.split()[0] if name.split()[0] not in _FIRST_OF_PLAIN else name
            if len(name) <= MAX_LENGTH and stem not in self._stems_taken:
                self._stems_taken.add(stem)
                return name
