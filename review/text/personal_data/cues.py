"""Words before a number that say what it is: a number to call, or one of an order, a product, a version."""

from __future__ import annotations

import re
from enum import Enum

REACH = 60
# So many words may stand between a word to call by and the number.
_BETWEEN = r"(?:\W+[^\W\d]+){0,4}?\W{0,4}\Z"
_CALL = (
    r"tel\w*|tél\w*|phone\w*|mob|mobile?|mobil\w*|móvil|cell|celular|cellulare|fax|handy\w*|whatsapp|sms|call|ring|dial|reach|hotline"
    r"|ruf\w*|anruf\w*|anrufen|durchwahl|erreich\w*|appel\w*|portable|joindre|joignable|ll[aá]m\w*|chiam\w*|bel|bellen|gsm|lig\w*"
    r"|tlf|contact\w*|kontakt\w*|contatt\w*|rückfragen|τηλ\w*|κιν\w*|zadzwo\w*|dzwo\w*|puhelin\w*|soita|ring\w*"
    r"|(?:my|our|his|her|meine|unsere|mon|notre|mi|nuestro|mio|nostro|mijn|min) (?:number|nummer|num[eé]ro|n[uú]mero)"
    r"|тел|телефон\w*|звон\w*|позвон\w*|電話\w*|携帯\w*"
    r"|电话\w*|手机\w*|전화\w*"
)
_OTHER = (
    r"orders?|invoices?|ref|references?|tickets?|cases?|tracking|parcels?|shipments?|imei|isbn|issn|ean|gtin|upc|sku|serial|batch|lot"
    r"|articles?|items?|parts?|models?|versions?|builds?|release|commit|doi|vat|tax|account|customers?|contracts?|polic(?:y|ies)|ids?|code"
    r"|since|from|between|in|bestell\w*|rechnung\w*|auftrag\w*|sendung\w*|kunden\w*|artikel\w*|serien\w*|vertrag\w*|konto(?:nummer|nr)?|ust\w*"
    r"|commandes?|factures?|suivi|siren|siret|pedidos?|facturas?|ordin[ei]|fattur[ae]|bestelling\w*|factu\w*|zamówieni\w*|faktur\w*|заказ\w*"
)
_NUMBER = (
    r"(?:[ .:]{0,2}(?:no|number|nr|nummer|n[°º]|num|id|code|is|at|on|under|unter|au|al|me|me at|me on"
    r"|op))?[ .:#]{0,3}\Z"
)
_DIRECT = re.compile(
    r"(?<!\w)(?:tel(?:ephone|efon|éfono|efono|efoon)?|téléphone|tél|phone|mobile?|móvil|cell|fax|handy|whatsapp"
    r"|call(?: me)?)"
    rf"{_NUMBER}",
    re.IGNORECASE,
)
_LOOSE = re.compile(rf"(?<!\w)(?:{_CALL}){_BETWEEN}", re.IGNORECASE)
_LATEST_OTHER = re.compile(
    rf"(?:(?<!\w)(?:{_OTHER})(?:[-\W]?(?:no|number|nr|nummer|n[°º]|id|code))?|#)\W{{0,4}}\Z", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"[\n;!?]|(?<=\w\w\w\w)\. ")


class Cue(Enum):
    """Hint from the words before a number whether it is a phone number."""

    DIRECT = "it is called a phone number"
    LOOSE = "somebody is to be called, a few words before"
    OTHER = "it is called something else"
    NONE = "nothing"


def before(text: str, start: int) -> Cue:
    """Return the hint from the words before a place whether a phone number follows."""
    words = _words_before(text, start)
    if _DIRECT.search(words):
        return Cue.DIRECT
    if _LATEST_OTHER.search(words):
        return Cue.OTHER
    return Cue.LOOSE if _LOOSE.search(words) else Cue.NONE


def is_something_else(text: str, start: int) -> bool:
    """Return whether the word before a number says that it is one of an order, a product, a version or the like."""
    return _LATEST_OTHER.search(_words_before(text, start)) is not None


def _words_before(text: str, start: int) -> str:
    # A number may stand on the line below the word that names it.
    return _SENTENCE_END.split(text[max(0, start - REACH) : start].rstrip())[-1] + " "
