"""Marks of a mail merge that nothing filled: `{{first_name}}`, and those of other tools. Pure.

A text with one must not go out, and neither must a value: an export of another tool leaves such marks in cells. A pair
of signs that no name bears is a mark around any text. A single pair is a mark around the name of a field alone, since a
company may call itself [x+1].
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

# The first sign of each pattern below: most texts and names hold none, and are looked at no further.
_SIGNS: Final = re.compile(r"[{}\[<%*$#\u00ab@]")
_FIELD: Final = (
    r"(?:(?:(?:first|last|full|given|family|middle|sur|user|nick|company|contact|customer|client|recipient|lead|account|sender|person"
    r"|organi[sz]ation|firm|city|job|your|their)[ _.-]{0,2})?name|[fl]name|surname|e-?mail(?:[ _.-]?address)?|company"
    r"|job[ _.-]?title"
    r"|vorname|nachname|firma|firmenname|anrede|pr[ée]nom|nom(?:[ _.-]de[ _.-]famille)?|entreprise|soci[ée]t[ée]"
    r"|nombre|apellidos?"
    r"|empresa|nome|cognome|sobrenome|azienda|voornaam|achternaam|bedrijf(?:snaam)?|fornavn|etternavn|efternavn|f[öo]rnamn|efternamn"
    r"|imi[ęe]|nazwisko|[a-z][a-z0-9]{0,30}(?:_[a-z0-9]{1,30}){1,4}"
    r"|(?:contact|person|lead|company|sender|user|recipient|customer|account|client|properties|data|fields)\.[a-z0-9_.]{1,60})"
)
_ANY: Final = r"[^\n]{0,60}?"
_MARK: Final = re.compile(
    rf"\{{\{{{_ANY}\}}\}}+|\{{%{_ANY}%\}}|\{{#{_ANY}#\}}|\*\|{_ANY}\|\*|[$#]\{{{_ANY}\}}|<<{_ANY}>>|<%{_ANY}%>|\{{\{{|\}}\}}"
    rf"|(?<!\w)%%?[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*%%?(?!\w)(?<=..%)"
    rf"|\[\[?\s*(?i:{_FIELD})\s*\]\]?|\{{\s*(?i:{_FIELD})\s*\}}|<\s*(?i:{_FIELD})\s*>|\u00ab\w{{1,30}}(?:_\w{{1,30}}){{1,4}}\u00bb"
    rf"|(?<!\w)%%?(?i:{_FIELD})%%?(?!\w)(?<=%)|@@(?i:{_FIELD})@@"
)
_LONGEST: Final = 40


def marks_in(text: str) -> Iterator[re.Match[str]]:
    """Places in a text that a mail merge was to fill."""
    if _SIGNS.search(text):
        yield from _MARK.finditer(text)


def unfilled(values: Mapping[str, str]) -> dict[str, str]:
    """Return the values that hold a mark, by name, each with its first mark, shortened."""
    first = {name: next(marks_in(value), None) for name, value in values.items()}
    return {name: mark[0][:_LONGEST] for name, mark in first.items() if mark is not None}
