"""Facts that a claim may quote: cited texts with their addresses. Pure Python.

By convention the fact `source_1` is a cited text where there is a fact `source_1_url` of the type url.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from review.spec.schema import Facts
from review.spec.task_spec import TaskSpec

_URL = "_url"


class CitedText(NamedTuple):
    """Names of two facts: a text and its address."""

    text: str
    url: str


def quotable_facts(spec: TaskSpec) -> tuple[CitedText, ...]:
    """Return the facts that may hold cited texts, each with the fact of its address."""
    addresses = {field.name for field in spec.input_schema if field.type == "url"}
    return tuple(
        CitedText(field.name, field.name + _URL)
        for field in spec.input_schema
        if field.type == "text" and field.name + _URL in addresses
    )


def address(url: object) -> str:
    """Normalise the address of a source: no trailing slash and no fragment."""
    return str(url or "").strip().partition("#")[0].rstrip("/")


def texts_by_address(held: Iterable[CitedText], facts: Facts) -> dict[str, str]:
    """Return cited texts by address, without those that have none; two texts of one address are joined."""
    by_address: dict[str, str] = {}
    for place in held:
        url, text = str(facts.get(place.url) or "").strip(), str(facts.get(place.text) or "")
        if url and text:
            by_address[url] = f"{by_address[url]}\n{text}" if url in by_address else text
    return by_address
