"""Addresses in header fields of mails (RFC 5322, 3.4), alike on every Python.

Newer Pythons (3.13, and late releases of 3.11 and 3.12) return nothing for a field whose names hold an unquoted
address, as some mail programs write them (`info@firm.example <info@firm.example>`), or whose addresses are parted by
semicolons.
"""

from __future__ import annotations

import email.utils
import re
from collections.abc import Iterable
from typing import Final

# A name before an address in angle brackets, without quotation marks.
_NAME: Final = re.compile(r'(?:(?<=[,;])|^)[^"<>()\[\],;:]+(?=<)')
_PARSES_STRICTLY: Final = getattr(email.utils, "supports_strict_parsing", False)


def addresses(values: Iterable[str]) -> list[str]:
    """Return the addresses that header fields hold, in their order.

    Groups are opened, and what is no address is left out.
    """
    quoted = [_NAME.sub(_quote, value) for value in values]
    options = {"strict": False} if _PARSES_STRICTLY else {}
    return [address for _, address in email.utils.getaddresses(quoted, **options) if "@" in address]


def _quote(name: re.Match[str]) -> str:
    # As the RFC asks of a name that holds an address.
    return f' "{name[0].strip()}" ' if "@" in name[0] else name[0]
