"""Brat's zipped folders: a text with the marks that stand in a file of its name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from review.sources.imports.tables.archive import MARKS

NAME = "brat"
KEYS = (frozenset({"name", "text", MARKS}),)
# A relation of two, and places that mean the same: https://brat.nlplab.org/standoff.html.
_RELATION = re.compile(r"R\d+\t\S+ \S+:\S+ \S+:\S+\s*|\*\t\S+(?: T\d+)+\s*")
# An entity, over one place of the text or several.
_ENTITY = re.compile(r"T\d+\t(\S+) (\d+)(?: \d+;\d+)* (\d+)\t(.*)")


def fits(record: Mapping[str, Any]) -> bool:
    """Return whether a record is a text of an archive, marked or not."""
    return "folder" in record


def relations_of(record: Mapping[str, Any]) -> int:
    """Count the relations between entities, which `read` leaves out."""
    return sum(_RELATION.fullmatch(line) is not None for line in record.get(MARKS, "").splitlines())


def read(record: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    """Yield the text with its entities; remarks and numbers of other databases are none.

    Raises:
        ValueError: It has a mark of another kind, such as an event.
    """
    lines = [line for line in record.get(MARKS, "").splitlines() if line.strip() and line[0] not in "#N"]
    entities = []
    for line in lines:
        if _RELATION.fullmatch(line):
            continue
        if (match := _ENTITY.fullmatch(line)) is None:
            raise ValueError(f"'{record['name']}.ann' holds a mark that is not an entity, '{line[:40]}'")
        entities.append({"text": match[4], "start": int(match[2]), "end": int(match[3]), "label": match[1]})
    facts = {name: value for name, value in record.items() if name != MARKS}
    yield facts, {"entities": entities} if MARKS in record else {}, {}
