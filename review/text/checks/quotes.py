"""Quotes: each must occur literally in the facts: in the source of the claim's address, or the fact its field names.

Works in every language. Line breaks and runs of blanks count as one blank, and quotation marks around the whole do not
count. Where records have no addresses, any fact may hold the quote.
"""

from __future__ import annotations

from collections.abc import Iterator

from review.spec.task_spec import TaskSpec
from review.text.checks.evidence import Evidence, spaced
from review.text.checks.mark import CheckedText, Mark, Reader, _
from review.text.grounding import quoting
from review.text.grounding.quoting import QUOTE, URL, address

LABEL, NAME = "Quotes", _("quotes")
DESCRIPTION = "A claim's quote that is not in the cited source, letter by letter."
NEEDS_SHAPE = True
LANGUAGES: frozenset[str] | None = None


def prepare(spec: TaskSpec) -> Reader | None:
    """Return a reader for the parts of claims, or None where the task's output has no quotes."""
    if not fields(spec):
        return None

    def read(passage: CheckedText) -> Iterator[Mark]:
        part = passage.field.rpartition(".")[2]
        if passage.item.type == QUOTE and not passage.parts.get(URL):
            yield from _of_facts(passage)
        elif part == QUOTE or passage.item.type == QUOTE:
            yield from _quote(passage)
        elif part == URL and passage.evidence.cited and address(passage.text) not in passage.evidence.cited:
            message = "No source of this record has this address" if passage.text else "No address is named"
            yield _mark(passage, message, "Name the address of the source that is quoted.")

    return read


def fields(spec: TaskSpec) -> frozenset[str]:
    """Return the names of output fields that are quotes or hold some."""
    return frozenset(field.name for field in spec.output_schema if quoting.holds_quotes(field))


def _of_facts(passage: CheckedText) -> Iterator[Mark]:
    """Check a quote by type; the schema handles missing ones."""
    source, evidence = passage.item.source, passage.evidence
    if not passage.text.strip() or evidence.holder(passage.text, source):
        return
    if source and (other := evidence.holder(passage.text)):
        message = f"These words are in {_name(other)}, not in {_name(source)}"
        yield _mark(passage, message, f"Quote from {_name(source)}.")
    else:
        where = _name(source) if source else "the facts"
        yield _mark(passage, f"Not found letter by letter in {where}", "Copy the words exactly.")


def _name(fact: str) -> str:
    return fact.partition(".")[0].replace("_", " ")


def _quote(passage: CheckedText) -> Iterator[Mark]:
    quote, cited = spaced(passage.text).strip(quoting.AROUND), passage.evidence.cited
    if not quote:
        yield _mark(passage, "A claim without a quote", "Quote the words that support it, or drop the claim.")
        return
    if not cited:
        if quote not in passage.evidence.spaced_text:
            yield _mark(passage, "Not found letter by letter in the facts", "Copy the words exactly.")
        return
    named = address(passage.parts.get(URL, ""))
    # The other mark reports an unknown address; here any source will do.
    if quote in cited.get(named, "") or (named not in cited and _elsewhere(quote, passage.evidence)):
        return
    other = _elsewhere(quote, passage.evidence)
    if other:
        yield _mark(passage, "These words are at another address", f"Name {other}")
    else:
        yield _mark(passage, "Not found letter by letter in the source", "Copy the words exactly.")


def _elsewhere(quote: str, evidence: Evidence) -> str:
    return next((url for url, text in evidence.cited.items() if quote in text), "")


def _mark(passage: CheckedText, message: str, mend: str) -> Mark:
    return Mark("quotes", passage.field, 0, len(passage.text), message, "error", mend)
