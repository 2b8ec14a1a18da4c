"""Bytes of a page to its text, by what it says of itself and by what it is. Pure Python."""

from __future__ import annotations

import codecs
import re

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9._:-]{2,40})""", re.IGNORECASE)
_LOOKED_AT = 4096
_BROKEN = "\ufffd"
# What browsers read under these names (WHATWG Encoding, section 4.2): a superset, with quotation marks where ISO has
# holes.
_WESTERN = frozenset({"latin-1", "latin1", "iso-8859-1", "iso8859-1", "ascii", "us-ascii", "windows-1252", "cp1252"})
_SUPERSETS = {"gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs", "shift-jis": "cp932", "euc-kr": "cp949"}


def decode(body: bytes, declared: str = "") -> str:
    """The text of a page.

    A byte order mark is believed first. Bytes that are whole UTF-8 are that, whatever a Western declaration says, since
    such text never comes about by chance; then the header, then the page's own word. Where a few letters are broken, as
    in a text that was cut, the others stay and those are left out. At last it is Windows-1252.

    Args:
        declared: The charset of its header; may be empty or wrong.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    meta = _META.search(body[:_LOOKED_AT])
    # What can be read in single bytes is not written in two a letter.
    own = "" if meta is None or meta.group(1).lower().startswith(b"utf-16") else meta.group(1).decode("ascii")
    named = [_codec(name) for name in (declared, own) if name]
    names = [*(name for name in named if name not in _WESTERN), "utf-8"]
    for name in names:
        if (text := _decoded(body, name)) is not None:
            return text
    for name in names:
        text = _decoded(body, name, errors="replace") or ""
        if 2 * text.count(_BROKEN) < sum(not letter.isascii() for letter in text):
            return text.replace(_BROKEN, "")
    return body.decode("windows-1252", "replace")


def _codec(name: str) -> str:
    name = name.lower().replace("_", "-")
    return _SUPERSETS.get(name, name)


def _decoded(body: bytes, name: str, *, errors: str = "strict") -> str | None:
    try:
        # A codec such as `rot13` or `zlib` is no charset.
        return body.decode(name, errors) if codecs.lookup(name)._is_text_encoding else None
    except (LookupError, UnicodeError, ValueError):
        return None
