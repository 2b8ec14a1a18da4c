"""Invented company names in many shapes, none given twice."""

import random


def _words(text: str, between: str = " ") -> tuple[str, ...]:
    return tuple(text.split(between))


_HEADS = _words(
    "Arven Brack Cald Duns Elling Foss Grav Hask Inder Jarl Kesk Lorn Mard Nolt Osk Pell Quar Rand Sval Tarn Ulv Vant "
    "Wick Yar Zell Bram Corv Dell Esk Fenn Gild Holm Isk Jun Kar Lund Mel Nor Orr Pav Rusk Sten Thorn Vesk"
)
_TAILS = _words(
    "holt moor rey ever grove berg sen ley wick mark ford dal by strand haven ton lund ridge well croft ano etti ova "
    "inger aker stad mere low is um ara"
)
_PLAIN = _words(
    "Blue Heron;Copper Lane;Seven Oars;Grey Harbour;Salt & Stone;Old Ferry;Green Anvil;High Meadow;Third Bridge;"
    "Red Lantern;Quiet Bay;Long Acre;White Poplar;Iron Gate;Nine Elms Yard;Paper Kite;North Pier;Clear Brook;"
    "Amber Hill;Two Rivers",
    between=";",
)
_FIRST_OF_PLAIN = {name.split()[0] for name in _PLAIN}
_LEGAL_FORMS = {
    "Germany": "GmbH",
    "Austria": "GmbH",
    "Norway": "AS",
    "Denmark": "ApS",
    "Sweden": "AB",
    "Finland": "Oy",
    "Ireland": "Ltd",
    "Canada": "Ltd",
}
MAX_LENGTH = 27


def _stem(rng: random.Random) -> str:
    head = rng.choice(_HEADS)
    return head + rng.choice([tail for tail in _TAILS if tail[0] != head[-1]])


def _draw(rng: random.Random, words: tuple[str, ...], country: str) -> str:
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

    def next_name(self, words: tuple[str, ...], country: str) -> str:
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
