"""Open sections and rows of the specification form, and the focus after a button. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from review.tasks.spec_layout import REPEATED, SECTIONS

_ROW = re.compile(r"row-(?P<name>\w+)-(?P<index>\d{1,6})")
SECTION_OF = {section.rows.name: f"part-{section.id}" for section in SECTIONS if section.rows}


@dataclass(frozen=True)
class Folds:
    """Open parts of the specification form.

    Attributes:
        opened: Ids of open sections and rows, as the page sent them; None where it did not say, and the layout decides.
        focus: Id of what gets the focus; empty where it stays.
    """

    opened: frozenset[str] | None = None
    focus: str = ""

    def has(self, part: str) -> bool:
        return part in (self.opened or ())


def row_index(place: str) -> int:
    """The index that a button names; -1 where it names none."""
    return int(place) if place.isascii() and place.isdigit() and len(place) < 7 else -1


def row_id(name: str, index: int) -> str:
    """Id of a repeated row in the page."""
    return f"row-{name}-{index}"


def after_act(opened: Iterable[str], act: str, count: int) -> Folds:
    """Return the open parts after a row button: open rows move with their places, and the row acted on is open.

    Args:
        opened: Ids that the page says are open; empty where it runs no scripts.
        act: The button, such as `up:rubric:2`.
        count: How many rows there are of that name after the act.
    """
    kept = frozenset(opened)
    verb, _, rest = act.partition(":")
    name, _, place = rest.partition(":")
    if name not in REPEATED:
        return Folds(kept or None)
    index = row_index(place)
    if verb == "add":
        shown = row_id(name, count - 1)
        return Folds(_in_section(kept | {shown}, name), f"id_{name}-{count - 1}-{REPEATED[name].spots[0].name}")
    if verb == "up" and 0 < index < count:
        moved = _moved(kept, name, {index: index - 1, index - 1: index})
        return Folds(_in_section(moved | {row_id(name, index - 1)}, name), row_id(name, index - 1))
    if verb == "remove" and 0 <= index <= count:
        left = _moved(kept - {row_id(name, index)}, name, {each: each - 1 for each in range(index + 1, count + 1)})
        return Folds(_in_section(left, name), row_id(name, min(index, count - 1)) if count else SECTION_OF[name])
    return Folds(_in_section(kept, name))


def _in_section(opened: frozenset[str], name: str) -> frozenset[str]:
    return opened | {SECTION_OF[name]}


def _moved(opened: frozenset[str], name: str, places: dict[int, int]) -> frozenset[str]:
    matches = {part: _ROW.fullmatch(part) for part in opened}
    return frozenset(
        row_id(name, places.get(int(match["index"]), int(match["index"]))) if match and match["name"] == name else part
        for part, match in matches.items()
    )
