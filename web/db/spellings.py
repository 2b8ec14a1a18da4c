"""Spellings of a word in which a database may keep it."""

from __future__ import annotations

import json


def spellings(word: str) -> set[str]:
    """Return what to look for with `icontains`: SQLite folds the case of ASCII alone, and keeps JSON with escapes."""
    cases = {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}
    return cases | {json.dumps(case)[1:-1] for case in cases}
