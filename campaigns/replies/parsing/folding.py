"""Folds text for rules: small letters without diacritics, one sort of apostrophe. Pure."""

from __future__ import annotations

import unicodedata

_APOSTROPHES = str.maketrans(dict.fromkeys("\u2019\u2018\u00b4`", "'"))


def folded(text: str) -> str:
    """Return a text as rules match it: `Löschen` is `loschen`, `Straße` is `strasse`."""
    letters = unicodedata.normalize("NFKD", text.lower().translate(_APOSTROPHES).replace("ß", "ss"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
