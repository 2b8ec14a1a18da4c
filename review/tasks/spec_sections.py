"""Parts of the specification's form as a template draws them.

Controls, rows, checks, sections, and what each says folded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from review.tasks.spec_layout import REPEATED, SECTIONS, ControlLayout, SectionLayout
from web import strict_json


@dataclass(frozen=True)
class FormControl:
    spot: ControlLayout
    path: str
    value: Any
    errors: list[str]

    @property
    def id(self) -> str:
        return "id_" + self.path.replace(".", "-")

    @property
    def rows(self) -> int:
        return {"long": 18, "area": 3, "lines": 4, "items": 3, "labels": 5}.get(self.spot.kind, 1)

    @property
    def gist(self) -> str:
        """Summary of the control in a folded row; empty for numbers, which say nothing without their names."""
        if self.spot.kind == "check":
            return self.spot.label.lower() if self.value else ""
        if self.spot.kind == "select":
            return dict(self.spot.options()).get(self.value, str(self.value)) if self.value else ""
        if self.spot.kind in LINE_OF:
            count = len(parts_from(self.spot.kind, self.value))
            noun = "label" if self.spot.kind == "labels" else "part"
            return f"{count} {noun}{'' if count == 1 else 's'}" if count else ""
        if self.spot.kind != "text" or not self.value:
            return ""
        return (
            str(self.value) if self.spot.name in ("name", "description") else f"{self.spot.label.lower()} {self.value}"
        )


@dataclass(frozen=True)
class FormRow:
    """One repeated row.

    Attributes:
        is_open: Whether it is drawn open: a person opened it or acted on it, it is blank, or it holds a mistake.
    """

    id: str
    index: int
    controls: list[FormControl]
    errors: list[str]
    is_open: bool = False

    titled_by: tuple[str, ...] = ("name",)

    @property
    def title(self) -> str:
        """Title of the row while folded; empty while the row is blank."""
        return " ".join(str(each.value) for each in self.controls if each.spot.name in self.titled_by).strip()

    @property
    def gist(self) -> str:
        others = (control for control in self.controls if control.spot.name not in self.titled_by)
        return " · ".join(gist for control in others if (gist := control.gist))


@dataclass(frozen=True)
class FormCheck:
    kind: str
    label: str
    help: str
    is_on: bool
    fields: str
    is_silent: bool
    # Why a check of a package cannot run, in words that follow its name.
    trouble: str = ""

    @property
    def id(self) -> str:
        return "id_check-" + self.kind.replace(":", "-")


@dataclass(frozen=True)
class FormSection:
    """One section as a template draws it.

    Attributes:
        is_open: Whether it is drawn open: by its layout, because a person opened it, or because it holds a mistake.
    """

    section: SectionLayout
    controls: list[FormControl]
    rows: list[FormRow]
    checks: list[FormCheck]
    errors: list[str]
    is_open: bool = True

    @property
    def mistakes(self) -> int:
        of_rows = sum(len(row.errors) + sum(len(each.errors) for each in row.controls) for row in self.rows)
        return len(self.errors) + of_rows + sum(len(control.errors) for control in self.controls)

    @property
    def gist(self) -> str:
        if self.checks:
            return f"{sum(check.is_on for check in self.checks)} of {len(self.checks)} on"
        if self.section.rows:
            return ", ".join(row.title for row in self.rows) or "none"
        if len(self.controls) == 1:
            return ", ".join(str(self.controls[0].value).splitlines()) or "empty"
        filled = [control.spot.label for control in self.controls if control.value]
        return ", ".join(filled) or "empty"


def first_mistake(sections: Sequence[FormSection]) -> str:
    """Id of the first thing with a mistake, for the focus: a control, else the row or section.

    Empty where nothing is wrong.
    """
    return next(_mistaken(sections), "")


def _mistaken(sections: Sequence[FormSection]) -> Iterator[str]:
    for part in sections:
        if part.errors:
            yield f"part-{part.section.id}"
        yield from (control.id for control in part.controls if control.errors)
        for row in part.rows:
            yield from (control.id for control in row.controls if control.errors)
            if row.errors:
                yield row.id


_ITEM = re.compile(r"(?P<name>[^\s:(]+)\s*(?:\(\s*(?P<max>[^)]*?)\s*\))?\s*(?::\s*(?P<description>.*))?")
_COLOUR = re.compile(r" #[0-9a-fA-F]{6}$")


def value_lines(kind: str, parts: Sequence[object]) -> str:
    """Parts or labels as lines of a text area; as JSON where a line could not say all of them."""
    read, written = LINE_OF[kind]
    lines = [written(part) for part in parts]
    plain = [{name: value for name, value in part.items() if value} for part in parts if isinstance(part, dict)]
    again = [{name: value for name, value in read(line).items() if value} for line in lines]
    return "\n".join(lines) if again == plain else json.dumps(parts, ensure_ascii=False, indent=1)


def parts_from(kind: str, text: str) -> list[Any]:
    """Parts or labels as a text area holds them: a line each, or JSON."""
    if text.startswith("["):
        try:
            parts = strict_json.parse(text)
        except ValueError:
            parts = None
        if isinstance(parts, list):
            return parts
    return [LINE_OF[kind][0](line) for line in lines_of(text)]


def _label(line: str) -> dict[str, Any]:
    name, _, description = line.partition(": ")
    description, mark, colour = description.rpartition(" #") if _COLOUR.search(description) else (description, "", "")
    return {
        "name": name.strip().removesuffix(":"),
        "description": description.strip(),
        "colour": f"#{colour}" if mark else "",
    }


def _label_line(label: object) -> str:
    if not isinstance(label, dict):
        return str(label)
    about = f": {label['description']}" if label.get("description") else ""
    colour = f" {label['colour']}" if label.get("colour") else ""
    return f"{label.get('name', '')}{about}{colour}"


def _item(line: str) -> dict[str, Any]:
    match = _ITEM.fullmatch(line)
    if match is None:
        return {"name": line}
    item: dict[str, Any] = {"name": match["name"], "description": (match["description"] or "").strip()}
    if limit := match["max"]:
        item["max_chars"] = int(limit) if limit.isascii() and limit.isdigit() and len(limit) < 10 else limit
    return item


def _item_line(item: object) -> str:
    if not isinstance(item, dict):
        return str(item)
    limit = f" ({item['max_chars']})" if item.get("max_chars") else ""
    about = f": {item['description']}" if item.get("description") else ""
    return f"{item.get('name', '')}{limit}{about}"


# How one part is read from a line and written as one, by the kind of its control.
LINE_OF: dict[str, tuple[Callable[[str], dict[str, Any]], Callable[[object], str]]] = {
    "items": (_item, _item_line),
    "labels": (_label, _label_line),
}


def lines_of(text: str) -> list[str]:
    """Lines that say something, without blanks around them."""
    return [line.strip() for line in text.split("\n") if line.strip()]


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
