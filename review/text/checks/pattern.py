"""Pattern: the whole text has to match a regular expression."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import regex

from review.spec.schema import OutputItem
from review.spec.task_spec import TaskSpec
from review.text.checks.mark import CheckedText, Mark, Reader, _

LABEL, NAME = "Pattern", _("pattern")
DESCRIPTION = "A text that does not match the pattern of its field."
LANGUAGES: frozenset[str] | None = None
# A pattern that backtracks endlessly must not stop the desk: undecided texts are marked.
LONGEST_S = 0.05


def prepare(spec: TaskSpec) -> Reader | None:
    """Return a reader for texts with a pattern, or None where the task has none."""
    return _read if fields(spec) else None


def fields(spec: TaskSpec) -> frozenset[str]:
    """Return the names of output fields in which a text has a pattern."""
    return frozenset(field.name for field in spec.output_schema if _has_pattern(field))


def _has_pattern(item: OutputItem) -> bool:
    return bool(item.pattern) or any(map(_has_pattern, item.items))


def _read(passage: CheckedText) -> Iterator[Mark]:
    if passage.item.pattern and passage.text and not matches(passage.item.pattern, passage.text):
        message = f"Does not match {passage.item.pattern}"
        yield Mark("pattern", passage.field, 0, len(passage.text), message, "error", "Write it in that form.")


def matches(pattern: str, text: str) -> bool:
    """Return whether the whole text matches; False for a text that takes longer than `LONGEST_S`."""
    try:
        return _compiled(pattern).fullmatch(text, timeout=LONGEST_S) is not None
    except TimeoutError:
        return False


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> regex.Pattern[str]:
    return regex.compile(pattern)
