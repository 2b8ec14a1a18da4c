"""Addresses of machines on the net: IPv4 and IPv6. Loopback, netmasks and the like are nobody's."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from review.text.personal_data import prefilter

# Numbers of versions and of sections are written like addresses; so many characters before one are looked at.
_VERSION = re.compile(
    r"(?<!\w)(?:v|ver|versions?|releas\w*|builds?|firmware|drivers?|sdk|upgrad\w*|revisions?|rev|updat\w*|section|chapter|clause)\b|§",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"(?<![^\W_])(?:ips?|ipv4|address|host|server|client|login|logged in|from)(?![^\W_])", re.IGNORECASE
)
_REACH = 40
_V4 = re.compile(r"(?<![\w.,/-])\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\d|,\d)")
_V6 = re.compile(
    r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:[0-9A-Fa-f]{1,4}|\d{1,3}(?:\.\d{1,3}){3}|(?<=::))(?![\w:]|\.\d)"
)


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the places of IP addresses."""
    if prefilter.may_hold_ipv4(text):
        for match in _V4.finditer(text):
            place = (max(0, match.start() - _REACH), match.start())
            is_version = _is_small(match.group()) and not _NAMED.search(text, *place)
            if _is_somebodys(match.group()) and not is_version and not _VERSION.search(text, *place):
                yield match.span()
    if "::" in text or text.count(":") >= 7:
        for match in _V6.finditer(text):
            # Two letters around two colons are a name in a program.
            if any(map(str.isdigit, match.group())) and _is_somebodys(match.group()):
                yield match.span()


def _is_small(written: str) -> bool:
    """Return whether four numbers look like a version: the first is below ten, and at most one other reaches 32."""
    first, *others = map(int, written.split("."))
    return first < 10 and sum(other >= 32 for other in others) < 2


def _is_somebodys(written: str) -> bool:
    try:
        address = ipaddress.ip_address(written)
    except ValueError:
        return False
    is_mask = address.version == 4 and (written.startswith(("255.", "0.")) or int(address) >> 28 == 15)
    return not (address.is_loopback or address.is_unspecified or address.is_multicast or is_mask)
