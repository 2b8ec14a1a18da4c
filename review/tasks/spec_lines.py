"""Parts of a field and labels as lines of a text area, and back. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from web import strict_json

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
