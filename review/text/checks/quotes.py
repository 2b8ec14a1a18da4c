"""Quotes: each claim's quote must stand letter by letter in the source whose address it names. Knows no language.

Line breaks and runs of blanks count as one blank, and quotation marks around the whole are not part of it; all else must be
the source's own. Where a task's records hold no addresses, the quote must stand in any of their facts.
"""

from __future__ import annotations

from collections.abc import Iterator

from review.spec.task_spec import TaskSpec
from review.text.checks.evidence import Evidence, spaced
from review.text.checks.mark import CheckedText, Mark, Reader

LANGUAGES: frozenset[str] | None = None
QUOTE, URL = "quote", "url"
# Quotation marks as English, German and French books set them.
_AROUND = "\"' \u00ab\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2039\u203a"


def prepare(spec: TaskSpec) -> Reader | None:
    """A reader for the parts of claims, or None where the task's output has no quotes."""
    if not fields(spec):
        return None

    def read(passage: CheckedText) -> Iterator[Mark]:
        part = passage.field.rpartition(".")[2]
        if part == QUOTE:
            yield from _quote(passage)
        elif part == URL and passage.evidence.cited and address(passage.text) not in passage.evidence.cited:
            message = "No source of this record stands at this address" if passage.text else "No address is named"
            yield _mark(passage, message, "Name the address of the source that is quoted.")

    return read


def fields(spec: TaskSpec) -> frozenset[str]:
    """Names of the output fields whose elements hold quotes."""
    return frozenset(field.name for field in spec.output_schema if any(item.name == QUOTE for item in field.items))


def address(url: str) -> str:
    """An address as sources are known by: without a last slash or a fragment."""
    return url.strip().partition("#")[0].rstrip("/")


def _quote(passage: CheckedText) -> Iterator[Mark]:
    quote, cited = spaced(passage.text).strip(_AROUND), passage.evidence.cited
    if not quote:
        yield _mark(passage, "A claim without a quote", "Quote the words that bear it out, or drop the claim.")
        return
    if not cited:
        if quote not in passage.evidence.spaced_text:
            yield _mark(passage, "Not found letter by letter in the facts", "Copy the words as they stand.")
        return
    named = address(passage.parts.get(URL, ""))
    # Of an address that is unknown the other mark tells; here any source will do.
    if quote in cited.get(named, "") or (named not in cited and _elsewhere(quote, passage.evidence)):
        return
    other = _elsewhere(quote, passage.evidence)
    if other:
        yield _mark(passage, "These words stand at another address", f"Name {other}")
    else:
        yield _mark(passage, "Not found letter by letter in the source", "Copy the words as they stand.")


def _elsewhere(quote: str, evidence: Evidence) -> str:
    """The address of a source that has these words."""
    return next((url for url, text in evidence.cited.items() if quote in text), "")


def _mark(passage: CheckedText, message: str, mend: str) -> Mark:
    return Mark("quotes", passage.field, 0, len(passage.text), message, "error", mend)
