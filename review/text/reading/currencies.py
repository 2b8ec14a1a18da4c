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
_SAID = {
    code: re.compile(
        rf"(?<!\w)(?:[kKMT]?{code}(?!\w)|(?i:(?:{_WORDS.get(code, code)})(?!\w)|{_WORDS.get(code, code)}(?=\d)))"
    )
    for code in CODES
}


@lru_cache(maxsize=256)
def currencies_in(text: str) -> frozenset[str]:
    """Return the codes of the currencies that a text may mean."""
    return frozenset(code for code, pattern in _SAID.items() if pattern.search(text))
