"""Bytes of a mail as text, whatever charset is claimed for them. Pure.

Programs name a charset and write a wider one, or none: what they mean is read, as browsers do (WHATWG's encodings).
"""

from __future__ import annotations

import codecs
import re
from typing import Final

# By Python's names: what each of these is in practice.
_WIDER: Final = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "tis-620": "cp874",
    "iso8859-11": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "big5hkscs",
}
_UNSURE: Final = "cp1252"
_LOST: Final = "\ufffd"
# Right-to-left order of ISO 8859-6 and 8859-8 is said by a letter behind the name.
_SUFFIX: Final = re.compile(r"(?<=iso-8859-[68])-[ie]\Z", re.IGNORECASE)


def decoded(data: bytes, charset: str | None) -> str:
    """Return the text of bytes; what cannot be read is replaced."""
    codec = codec_of(charset)
    if codec not in ("", _UNSURE, "utf-8"):
        return data.decode(codec, "replace")
    # Letters of another charset are hardly ever UTF-8 by chance.
    text = data.decode("utf-8", "replace")
    lost = text.count(_LOST)
    if lost > sum(not sign.isascii() for sign in text) - lost:
        return data.decode(_UNSURE, "replace")
    return text


def codec_of(charset: str | None) -> str:
    """Return Python's name of a charset's codec; empty where it is none of text."""
    name = _SUFFIX.sub("", (charset or "").strip()[:60])
    for each in (name, name.lower().removeprefix("x-").replace("cp-", "cp")):
        try:
            found = codecs.lookup(each).name
            # Codecs such as `hex` are known and decode no text.
            "".encode(each)
        except (LookupError, ValueError):
            continue
        return _WIDER.get(found, found)
    return ""
