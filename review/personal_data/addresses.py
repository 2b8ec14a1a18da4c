"""Postal addresses in running text: a street with its number, or a box. A town alone is nobody's address."""

from __future__ import annotations

import re
from collections.abc import Iterator

_WORD = r"[A-ZÀ-ÖØ-Þ][\w'\u2019.-]*"
_PATTERNS = (
    # 12b Baker Street, 1600 Pennsylvania Ave.
    re.compile(
        rf"(?<![\w.,-])\d{{1,5}}[A-Za-z]?,? (?:{_WORD} ){{1,4}}"
        r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Square|Sq|Terrace|Parkway|Pkwy|"
        r"Highway|Hwy|Crescent|Close|Mews|Quay)\b\.?"
    ),
    # Hauptstraße 5a, Unter den Linden 7, Lange Str. 12, Keizersgracht 12
    re.compile(
        r"(?<!\w)[A-ZÄÖÜ][\w-]*?(?:straße|strasse|str\.|weg|platz|allee|gasse|damm|ufer|gracht|straat|laan|gatan|vägen|"
        r"gade|vej|katu)\s\d{1,4}\s?[a-zA-Z]?(?!\w)"
    ),
    re.compile(rf"(?<!\w){_WORD} (?:Straße|Strasse|Str\.|Weg|Platz|Allee|Gasse|Ufer) \d{{1,4}}\s?[a-z]?(?!\w)"),
    # 12 bis, rue de la Paix; via Garibaldi, 4; calle Mayor 10
    re.compile(
        rf"(?<!\w)\d{{1,4}}(?: bis| ter)?,? (?i:rue|avenue|boulevard|chemin|place) (?:d[eu]s? |l[ae]s? |l')*{_WORD}"
    ),
    re.compile(
        rf"(?<!\w)(?i:via|viale|piazza|calle|avenida|plaza|rua|ulica|ul\.) (?:d[eio]l?l?[ao]?s? |l[ao]s? )*{_WORD}"
        rf"(?: {_WORD})?,? \d{{1,4}}(?!\w|[.,]\d)"
    ),
    re.compile(r"(?<!\w)(?:P\.? ?O\.? ?Box|Postfach|Boîte postale|BP|Apartado)\s\d[\d ]{0,6}\d?(?!\w)"),
)
# Part of a word of every pattern: a quick look tells that most texts have none.
_CUES = (
    "str", "st ", "st.", "st,", " ave", "road", " rd", "boulevard", "blvd", "lane", " ln", "drive", " dr", "court",
    " ct", "square", " sq", "terrace", "parkway", "pkwy", "highway", "hwy", "crescent", "close", "mews", "quay", "weg ",
    "platz", "allee", "gasse", "damm ", "ufer ", "gracht", "laan ", "gatan", "vägen", "gade ", "vej ", "katu ",
    "rue ", "chemin", "place ", "via ", "viale", "piazza", "calle", "avenida", "plaza", "rua ", "ulica", "ul. ", " box",
    "postfach", "postale", "bp ", "apartado",
)  # fmt: skip


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Where postal addresses stand."""
    folded = f"{text.lower()} "
    if not any(map(folded.__contains__, _CUES)):
        return
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            yield match.start(), match.end() - (match.group()[-1] == " ")
