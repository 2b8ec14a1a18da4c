"""Words looked for in texts, in each spelling in which a database may keep them."""

from __future__ import annotations

import json

from django.db.models import Q


def holds(word: str, *fields: str) -> Q:
    """Return the condition that one of these fields, texts or JSON, holds a word in any case.

    SQLite folds the case of ASCII alone, and keeps JSON with escapes.
    """
    cases = {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}
    condition = Q()
    for spelling in sorted(cases | {json.dumps(case)[1:-1] for case in cases}):
        for field in fields:
            condition |= Q(**{f"{field}__icontains": spelling})
    return condition
