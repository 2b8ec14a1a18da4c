"""Length: words and characters against the output schema. Counts words only in languages with blanks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from review.spec.task_spec import TaskSpec
from review.text.checks.mark import CheckedText, Mark, Reader, _
from review.text.reading.words import SPACED

LABEL, NAME = "Length", _("length")
DESCRIPTION = "Words and characters as the written fields say; a subject longer than an inbox shows."
NEEDS_SHAPE = True
LANGUAGES: frozenset[str] | None = None
_TOKEN = re.compile(r"\S+")


def prepare(spec: TaskSpec) -> Reader | None:
    """Return a reader that counts words and characters, or characters only in a language without blanks."""
    counts_words = spec.language[:2] in SPACED

    def read(passage: CheckedText) -> Iterator[Mark]:
        if counts_words:
            yield from _word_marks(passage)
        if passage.max_chars is not None and len(passage.text) > passage.max_chars:
            yield _too_many_chars(passage, passage.max_chars)

    return read


def _word_marks(passage: CheckedText) -> Iterator[Mark]:
    schema, count = passage.item, len(passage.text.split())
    if schema.type == "list" or not (count or schema.required):
        return
    if schema.min_words is not None and count < schema.min_words:
        message = f"{count} words; at least {schema.min_words} are wanted"
        yield Mark("length", passage.field, 0, 0, message, "error", f"Add {schema.min_words - count} words or more.")
    if schema.max_words is not None and count > schema.max_words:
        start = [token.start() for token in _TOKEN.finditer(passage.text)][schema.max_words]
        message = f"{count} words; at most {schema.max_words} are allowed"
        mend = f"Cut {count - schema.max_words} words."
        yield Mark("length", passage.field, start, len(passage.text), message, "error", mend)


def _too_many_chars(passage: CheckedText, limit: int) -> Mark:
    count = len(passage.text)
    where = "an inbox cuts it there" if passage.schema.role == "subject" else "more than the schema allows"
    message = f"{count} characters; {limit} fit, {where}"
    return Mark("length", passage.field, limit, count, message, "error", f"Cut {count - limit} characters.")
