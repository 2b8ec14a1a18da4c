"""Leaves out of what was read what no database keeps: zero bytes, and halves of a character. Pure."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final

# Charsets such as UTF-7 bring halves of a character, header fields zero bytes.
_HALVES: Final = re.compile("[\ud800-\udfff]")


def storable(value: Any) -> Any:
    """Return a text, or a tuple or dataclass of texts, as every database keeps it; anything else as it is."""
    if isinstance(value, str):
        return _HALVES.sub("\ufffd", value.replace("\x00", ""))
    if isinstance(value, tuple):
        return tuple(storable(each) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: storable(getattr(value, each.name)) for each in fields(value)})
    return value
