"""Words and sentences of plain text, for checks. Pure Python; knows no task."""

from __future__ import annotations

import re
from collections.abc import Iterator

WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
URL = re.compile(r"(?:https?://|www\.)[^\s<>\"')\]]*[^\s<>\"')\].,;:!?]", re.IGNORECASE)
EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")
# A full stop ends a sentence only before a blank or the end: 1.5, a.o.smith.com and e.g. stay whole.
_SENTENCE = re.compile(r"[^\s.!?…。！？](?:[^\n.!?…。！？]|[.!?…](?![\s\"'”’)\]]|$))*[.!?…。！？]*", re.MULTILINE)

# Codes of languages that put blanks between words; in others word counts and word runs mean nothing.
SPACED = frozenset(
    ["bg", "ca", "cs", "cy", "da", "de", "el", "en", "es", "et", "eu", "fi", "fr", "ga", "gl", "hr", "hu", "id", "is", "it", "lt", "lv", "mk", "ms", "mt", "nb", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sq", "sr", "sv", "tr", "uk"]
)  # fmt: skip


def sentences(text: str) -> Iterator[re.Match[str]]:
    """Sentences of a text with their places; a line break ends one too."""
    return _SENTENCE.finditer(text)


def blanked(text: str, *patterns: re.Pattern[str]) -> str:
    """The text with every match replaced by as many blanks, so that places stay."""
    for pattern in patterns:
        text = pattern.sub(lambda match: " " * len(match.group()), text)
    return text
