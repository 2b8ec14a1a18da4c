"""Postal addresses in running text: a street with its number, or a box. A town alone is no address."""

from __future__ import annotations

import re
from collections.abc import Iterator

from review.text.personal_data import prefilter

_WORD = r"[A-ZÀ-ÖØ-Þ][\w'\u2019.-]*"
# Characters from the number of an address to the word that makes it one.
LONGEST = 100
# Each with what its every address has a part of, written small: a quick look tells that most texts have none.
_PATTERNS = (
    # 12b Baker Street, 1600 Pennsylvania Ave.
    (
        re.compile(
            rf"(?<![\w.,-])\d{{1,5}}[A-Za-z]?,? (?:{_WORD} ){{1,4}}"
            r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Square|Sq|Terrace|Parkway|Pkwy|"
            r"Highway|Hwy|Crescent|Close|Mews|Quay)\b\.?"
        ),
        (
            " st",
            " ave",
            " road",
            " rd",
            " boulevard",
            " blvd",
            " lane",
            " ln",
            " dr",
            " court",
            " ct",
            " sq",
            " terrace",
            " parkway",
            " pkwy",
            " highway",
            " hwy",
            " crescent",
            " close",
            " mews",
            " quay",
        ),
    ),
    # Hauptstraße 5a, Unter den Linden 7, Lange Str. 12, Keizersgracht 12
    (
        re.compile(
            r"(?<!\w)[A-ZÄÖÜ][\w-]*?(?:straße|strasse|str\.|weg|platz|allee|gasse|damm|ufer|gracht|straat|laan|gatan|vägen|"
            r"gade|vej|katu)\s\d{1,4}\s?[a-zA-Z]?(?!\w)"
        ),
        (
            "straße",
            "strasse",
            "str.",
            "weg",
            "platz",
            "allee",
            "gasse",
            "damm",
            "ufer",
            "gracht",
            "straat",
            "laan",
            "gatan",
            "vägen",
            "gade",
            "vej",
            "katu",
        ),
    ),
    (
        re.compile(rf"(?<!\w){_WORD} (?:Straße|Strasse|Str\.|Weg|Platz|Allee|Gasse|Ufer) \d{{1,4}}\s?[a-z]?(?!\w)"),
        (" straße ", " strasse ", " str. ", " weg ", " platz ", " allee ", " gasse ", " ufer "),
    ),
    # 12 bis, rue de la Paix; via Garibaldi, 4; calle Mayor 10
    (
        re.compile(
            rf"(?<!\w)\d{{1,4}}(?: bis| ter)?,? (?i:rue|avenue|boulevard|chemin|place) (?:d[eu]s? |l[ae]s? |l')*{_WORD}"
        ),
        (" rue ", " avenue ", " boulevard ", " chemin ", " place "),
    ),
    (
        re.compile(
            rf"(?<!\w)(?i:via|viale|piazza|calle|avenida|plaza|rua|ulica|ul\.) (?:d[eio]l?l?[ao]?s? |l[ao]s? )*{_WORD}"
            rf"(?: {_WORD})?,? \d{{1,4}}(?!\w|[.,]\d)"
        ),
        ("via ", "viale ", "piazza ", "calle ", "avenida ", "plaza ", "rua ", "ulica ", "ul. "),
    ),
    (
        re.compile(r"(?<!\w)(?:P\.? ?O\.? ?Box|Postfach|Boîte postale|BP|Apartado)\s\d[\d ]{0,6}\d?(?!\w)"),
        ("box", "postfach", "postale", "bp", "apartado"),
    ),
)


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the places of postal addresses."""
    near = prefilter.around_numbers(text, LONGEST, LONGEST).lower()
    if not near:
        return
    for pattern, cues in _PATTERNS:
        if any(map(near.__contains__, cues)):
            for match in pattern.finditer(text):
                yield match.start(), match.end() - (match.group()[-1] == " ")
