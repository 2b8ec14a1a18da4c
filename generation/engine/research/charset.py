"""Bytes of a page to its text, by what it says of itself and by what it is. Pure Python."""

from __future__ import annotations

import codecs
import re

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9._:-]{2,40})""", re.IGNORECASE)
_LOOKED_AT = 4096
# What browsers read under these names (WHATWG Encoding, section 4.2): a superset, with quotation marks where ISO has
# holes.
_WESTERN = frozenset({"latin-1", "latin1", "iso-8859-1", "iso8859-1", "ascii", "us-ascii", "windows-1252", "cp1252"})


def decode(body: bytes, declared: str = "") -> str:
    """The text of a page.

    A byte order mark is believed first. Bytes that are whole UTF-8 are that, whatever a Western declaration says, since
    such text never comes about by chance; then the header, then the page's own word, and at last Windows-1252.

    Args:
        declared: The charset of its header; may be empty or wrong.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    meta = _META.search(body[:_LOOKED_AT])
    names = [name for name in (declared, meta.group(1).decode("ascii") if meta else "") if name]
    for name in [*(name for name in names if not _is_western(name)), "utf-8"]:
        if (text := _strictly(body, name)) is not None:
            return text
    return body.decode("windows-1252", "replace")


def _is_western(name: str) -> bool:
    return name.lower().replace("_", "-") in _WESTERN


def _strictly(body: bytes, name: str) -> str | None:
    try:
        # A codec such as `rot13` or `zlib` is no charset.
        return body.decode(name) if codecs.lookup(name)._is_text_encoding else None
    except (LookupError, UnicodeError, ValueError):
        return None
