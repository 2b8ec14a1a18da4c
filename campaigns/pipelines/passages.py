"""The passage that a claim of a company's page is held against: its quote, and who that speaks of where it does not say so. Pure Python."""

from __future__ import annotations

import re
from typing import Final

_FIRST_LETTER: Final = re.compile(r"[^\W\d_]")
# Words that stand for the company at the beginning of a sentence.
_STANDS_FOR_IT: Final = re.compile(r"\W*(?:It|Its|The (?:company|firm|group|business))\b")
# The site speaks of itself.
_FIRST_PERSON: Final = re.compile(r"\b(?:[Ww]e|[Oo]ur|us)\b")
_COMPANY_CHARS: Final = 200


def passage_of(quote: str, company: str) -> str:
    """Say the company before a quote that speaks of it without its name.

    A quote that begins with a name or another subject stays as it is: what it says of somebody else is not the company's.

    Args:
        company: Whose page it is; empty where nobody knows.
    """
    name = " ".join(company.split())[:_COMPANY_CHARS]
    if not name or name.casefold() in quote.casefold():
        return quote
    return f"{name}: {quote}" if _speaks_of_it(quote) else quote


def _speaks_of_it(quote: str) -> bool:
    """Recognize quotes that begin mid-sentence, with a word that stands for the company, or in its own voice."""
    first = _FIRST_LETTER.search(quote)
    if first is not None and first[0].islower():
        return True
    return bool(_STANDS_FOR_IT.match(quote) or _FIRST_PERSON.search(quote))
