"""Marks of our mails in what a report carries back: signed tokens, and ids of mails. Pure.

A report may have lost the Message-ID, or come from a provider that makes its own. What only we can have written is left in
other places: List-Unsubscribe, Return-Path, Reply-To, fields that a provider hands back, links of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_string
from email.message import Message as Mail
from urllib.parse import unquote

from campaigns.replies.parsing.delivery_reports import HEADER_PARTS

# In base32 a token of one id has 42 signs, a token of two 68.
_TOKEN = re.compile(r"(?<![a-z2-7])[a-z2-7]{42}(?:[a-z2-7]{26})?(?![a-z2-7])", re.IGNORECASE)
_ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)
_FOLD = re.compile(r"\r?\n[ \t]+")
MAX_MARKS = 50
MAX_CHARS = 400_000


def returned_marks(mail: Mail) -> tuple[str, ...]:
    """Return what may be tokens or ids of ours below a report's own header, headers before texts, each once, at most 50."""
    marks = (mark for text in _texts(mail) for pattern in (_TOKEN, _ID) for mark in pattern.findall(text))
    distinct: dict[str, None] = {}
    for mark in marks:
        distinct.setdefault(mark.lower())
        if len(distinct) == MAX_MARKS:
            break
    return tuple(distinct)


def _texts(mail: Mail) -> Iterator[str]:
    """Header fields of all parts, then their texts, as they stand and percent-decoded."""
    left = MAX_CHARS
    parts = [part for part in mail.walk() if part is not mail]
    for text in (*_headers(parts), *_bodies([mail, *parts])):
        cut = text[:left]
        left -= len(cut)
        yield cut
        if "%" in cut:
            yield unquote(cut)
        if left <= 0:
            return


def _headers(parts: list[Mail]) -> Iterator[str]:
    for part in parts:
        # Headers that are handed back alone come as a text.
        own = message_from_string(_text(part)) if part.get_content_type() in HEADER_PARTS else part
        for value in map(str, own.values()):
            # A field is folded where a blank stands; some servers fold within a word too.
            yield value
            if "\n" in value:
                yield _FOLD.sub("", value)


def _bodies(parts: list[Mail]) -> Iterator[str]:
    return (_text(part) for part in parts if part.get_content_maintype() == "text")


def _text(part: Mail) -> str:
    raw = part.get_payload(decode=True)
    return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""
