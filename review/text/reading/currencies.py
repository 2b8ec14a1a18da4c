"""Currencies by their ISO 4217 codes, signs and names. Pure Python."""

from __future__ import annotations

import re
from functools import lru_cache

CODES = frozenset(
    re.findall(
        r"\w+",
        "AED ARS AUD BGN BHD BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JPY KES KRW KWD MAD "
        "MXN MYR NGN NOK NZD PEN PHP PKR PLN QAR RON RSD RUB SAR SEK SGD THB TRY TWD UAH USD VND ZAR",
    )
)
# Codes that are also words count only in capitals.
_WORDS = {
    "EUR": "€|euros?",
    "USD": r"\$|dollars?",
    "GBP": "£|pounds?|sterling",
    "JPY": "¥|yen",
    "CHF": r"sfr\.?|fr\.|franken|swiss francs?",
    "INR": "₹|rupees?",
    "SEK": "kronor|kr",
    "NOK": "kroner|kr",
    "DKK": "kroner|kr",
    "PLN": "zł|zloty",
}
_NAMED = {code: rf"|(?i:{words})(?![^\W\d])" for code, words in _WORDS.items()}
_SAID = {code: re.compile(rf"(?<!\w)(?:[kKMT]?{code}(?!\w){_NAMED.get(code, '')})") for code in CODES}
_TOKEN = re.compile(r"[^\W\d_]+|[€$£¥₹]")


def _tokens_of(code: str) -> frozenset[str]:
    """Return the first tokens of all that names a currency: no other text is searched for it."""
    forms = [
        form for word in _WORDS.get(code, "").split("|") for form in (word.replace("s?", "s"), word.replace("s?", ""))
    ]
    names = (token[0] for form in forms if (token := _TOKEN.search(form)))
    return frozenset(names).union(f"{multiple}{code.lower()}" for multiple in ("", "k", "m", "t"))


_TOKENS = {code: _tokens_of(code) for code in CODES}


@lru_cache(maxsize=256)
def currencies_in(text: str) -> frozenset[str]:
    """Return the codes of the currencies that a text may mean."""
    tokens = {token.lower() for token in _TOKEN.findall(text)}
    return frozenset(
        code for code, names in _TOKENS.items() if not names.isdisjoint(tokens) and _SAID[code].search(text)
    )
