"""The segment a record stands in: what one of its facts says."""

from __future__ import annotations

from collections.abc import Iterable

from review.models import Record
from review.spec.values import as_word

CHUNK = 500


def values_of(records: Iterable[str], fact: str) -> dict[str, str]:
    """Return what a fact says of each record that is still there; empty where it says nothing."""
    ids = sorted(set(records))
    values: dict[str, str] = {}
    for start in range(0, len(ids), CHUNK):
        rows = Record.objects.filter(pk__in=ids[start : start + CHUNK]).values_list("pk", "facts")
        values |= {str(pk): as_word(facts.get(fact)) for pk, facts in rows}
    return values
