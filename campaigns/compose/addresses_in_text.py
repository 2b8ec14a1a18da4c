"""Finds web and mail addresses in a text, and writes them so that no mail program makes links of them.

Pure Python. It looks for what mail programs link by themselves: anything with a scheme, `www.`, a mail address, and
a bare host with a path or with an ending that is common on the web.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

# Endings that mail programs link without a scheme. A bare word with another ending is more often a typo than a host.
ENDINGS = (
    "com|net|org|edu|gov|info|biz|io|co|ai|app|dev|me|tv|xyz|link|site|online|shop|store|club|top|live|page|tech|cloud"
    "|example|test|eu|uk|de|fr|nl|be|es|it|pt|se|no|dk|fi|pl|cz|at|ch|ie|ru|cn|in|jp|kr|au|nz|ca|us|br|mx|za|ly|gg|to"
)
# International hosts count: \w takes letters of every script.
_LABELS = r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+"
_ADDRESS = re.compile(
    r"(?P<scheme>\b[a-z][a-z0-9+.-]{1,15}:/{2,}[^\s<>\"]+)"
    r"|(?P<verb>\b(?:mailto|tel|sms|javascript|data):[^\s<>\"]+)"
    r"|(?P<mail>[\w.!#$%&'*+/=?^`{|}~-]+@" + _LABELS + r"[^\W\d_]{2,24})"
    r"|(?P<www>\bwww\d?\.[^\s<>\"]+)"
    r"|(?P<number>\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?/[^\s<>\"]*)"
    r"|(?P<path>(?<![\w-])" + _LABELS + r"[^\W\d_]{2,24}(?::\d{1,5})?/[^\s<>\"]*)"
    r"|(?P<bare>(?<![\w-])" + _LABELS + r"(?:" + ENDINGS + r")(?![\w-]))",
    re.IGNORECASE,
)
_TAIL = ".,;:!?)]}'\""


@dataclass(frozen=True, slots=True)
class TextAddress:
    """An address in a text: its place in code points, one past its end, and itself."""

    start: int
    end: int
    text: str


def find(text: str, plain_names: Collection[str] = ()) -> Iterator[TextAddress]:
    """Addresses in a text, in order; names that only look like one are left out.

    Args:
        plain_names: Names such as `Booking.com`, compared without regard to case; alone, they are no address.
    """
    if "." not in text and ":" not in text:
        return
    names = {name.strip().casefold() for name in plain_names}
    for match in _ADDRESS.finditer(text):
        address = match.group().rstrip(_TAIL)
        if match.lastgroup == "bare" and address.casefold() in names:
            continue
        yield TextAddress(match.start(), match.start() + len(address), address)


def defused(text: str, plain_names: Collection[str] = ()) -> str:
    """The text with its addresses as words: `https://a.example/x` becomes `a[.]example/x`, and `@` becomes `[at]`."""
    parts, last = [], 0
    for address in find(text, plain_names):
        parts += [text[last : address.start], _as_words(address.text)]
        last = address.end
    return "".join([*parts, text[last:]])


def _as_words(address: str) -> str:
    bare = re.sub(r"\A(?:[a-z][a-z0-9+.-]*:)?/*", "", address, flags=re.IGNORECASE)
    return bare.replace(".", "[.]").replace("@", "[at]").replace("://", "[:]")
