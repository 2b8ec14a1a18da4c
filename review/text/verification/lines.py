"""Lines of a sheet of facts: what their keys name, and how much they list. Pure Python."""

from __future__ import annotations

import re
from collections.abc import Sequence

from review.text.verification.words import root

# A sheet of facts has so many lines and more, of so many characters on average.
_LINES, _LINE = 4, 90
_NOUGHT = re.compile(r"\s*(?:0|none|no|nothing|never|not|nil|abolished|closed|cancelled|discontinued)\b", re.IGNORECASE)
_ITEMS = re.compile(r",(?: and)? |;| and ")


def of_sheet(text: str) -> list[str]:
    """Return the lines of a sheet of facts; none of prose and of talks."""
    lines = [line for line in text.splitlines() if line.strip()]
    names = {line.partition(":")[0] for line in lines}
    is_sheet = len(lines) >= _LINES and len(text) <= _LINE * len(lines) and len(names) > 0.8 * len(lines)
    return lines if is_sheet else []


def keys(lines: Sequence[str]) -> frozenset[str]:
    """Roots of the keys of one word of which a sheet says that there is some."""
    pairs = (line.partition(":") for line in lines)
    names = (key.strip().lower() for key, _, value in pairs if not _NOUGHT.match(value))
    return frozenset(root(name) for name in names if name.isalpha())


def list_lengths(lines: Sequence[str]) -> frozenset[str]:
    """Numbers of things that the lines of a sheet list."""
    values = (line.partition(":")[2].strip() for line in lines)
    return frozenset(str(len(_ITEMS.split(value))) for value in values)
