"""Bank accounts (IBAN) and payment cards: numbers that carry a check digit, each proved by it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from review.text.personal_data import cues, prefilter

# Characters of an IBAN by country: the registry of ISO 13616, as SWIFT publishes it.
_LENGTHS_TEXT = """
    AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24
    FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21
    LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22
    RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30
"""
_LENGTHS = {entry[:2]: int(entry[2:]) for entry in _LENGTHS_TEXT.split()}
_IBAN_HEAD = re.compile(r"(?<![^\W_])[A-Z]{2}\d{2}(?=[ \u00a0-]?[A-Z0-9])")
_GAPS = " \u00a0-"
_CARD = re.compile(r"(?<![\w.,+/-])\d(?:[ \u00a0-]?\d){12,18}(?!\w|[.,/-]\d)")
# Beginnings and lengths of the large issuers (ISO/IEC 7812): Visa, Mastercard, American Express, Discover, Diners, JCB,
# UnionPay.
_ISSUED = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}"
    r"|(?:6011\d\d|64[4-9]\d{3}|65\d{4})\d{10}|3(?:0[0-5]|[689]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}"
)
_GROUPED = re.compile(
    r"\d{12,19}|(?:\d{4}[ \u00a0-]){3}\d{1,4}(?:[ \u00a0-]\d{3})?|\d{4}[ \u00a0-]\d{6}[ \u00a0-]\d{4,5}"
)


def iban_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the places of IBANs: of their country's length, with a valid checksum modulo 97 (ISO 7064)."""
    if not prefilter.may_hold_iban(text):
        return
    for head in _IBAN_HEAD.finditer(text):
        end = _end(text, head.start(), _LENGTHS.get(head.group()[:2], 0))
        if end and _is_right(text[head.start() : end]):
            yield head.start(), end


def card_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the places of card numbers: of an issuer, grouped as on cards, valid by Luhn (ISO/IEC 7812-1)."""
    if not prefilter.may_hold_groups(text, 13):
        return
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if (
            _ISSUED.fullmatch(digits)
            and _GROUPED.fullmatch(match.group())
            and len(set(digits)) > 1
            and luhn(digits)
            and not cues.is_something_else(text, match.start())
        ):
            yield match.span()


def luhn(digits: str) -> bool:
    """Return whether the last digit is right by Luhn.

    From the right, every second digit is doubled and its digits added; the sum is a multiple of ten.
    """
    doubled = "0246813579"
    odd, even = digits[-1::-2], digits[-2::-2]
    return (sum(map(int, odd)) + sum(int(doubled[int(digit)]) for digit in even)) % 10 == 0


def _end(text: str, start: int, length: int) -> int:
    """Return the end of so many letters and digits, with at most one gap between two; 0 without them."""
    at, left = start, length
    while left and at < len(text):
        sign = text[at]
        if sign.isascii() and (sign.isdigit() or sign.isupper()):
            left -= 1
        elif sign not in _GAPS or text[at - 1] in _GAPS:
            return 0
        at += 1
    is_whole = length and not left and not text[at : at + 1].isalnum()
    return at if is_whole else 0


def _is_right(iban: str) -> bool:
    plain = re.sub(r"[^A-Z0-9]", "", iban)
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1
