"""Words by which each draft of a list is known: its title, or the first sentence that the others do not say.

Pure Python.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from review.text.reading.words import sentences

LONGEST = 120
# A title is one line; of a longer text only the beginning is looked at.
TITLE_CHARS, LOOK_INTO = 200, 4000


def openings(drafts: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    """Return a line for each draft of a list.

    Args:
        drafts: Fields of the drafts; databases keep them in no order of their own.
        names: Fields in the order of the task.

    Returns:
        The first text, where it is a title that most of the others do not bear; else the first sentence, behind a
        salutation, that no other draft says; else the first sentence.
    """
    read = [_lines(fields, names) for fields in drafts]
    counts = Counter(line for _, lines in read for line in set(lines))
    return [_chosen(title, lines, counts, len(drafts))[:LONGEST] for title, lines in read]


def _lines(fields: Mapping[str, Any], names: Sequence[str]) -> tuple[str, list[str]]:
    """Return the title of a draft, if it has one, and all its lines and sentences in order."""
    order = {name: place for place, name in enumerate(names)}
    ordered = sorted(fields, key=lambda name: order.get(name, len(order)))
    texts = [fields[name].strip() for name in ordered if isinstance(fields[name], str) and fields[name].strip()]
    if not texts:
        return "", []
    is_titled = len(texts) > 1 and "\n" not in texts[0] and len(texts[0]) <= TITLE_CHARS
    lines = [match.group().strip() for text in texts[is_titled:] for match in sentences(text[:LOOK_INTO])]
    title = texts[0] if is_titled else ""
    return title, [line for line in [title, *lines] if line]


def _chosen(title: str, lines: list[str], counts: Counter[str], drafts: int) -> str:
    if title and 2 * counts[title] <= max(drafts, 2):
        return title
    body_lines = [line for line in lines if line != title]
    own = (line for line in body_lines if counts[line] == 1 and not line.endswith((",", "\u060c", "\uff0c")))
    return next(own, "") or title or next(iter(body_lines), "")
