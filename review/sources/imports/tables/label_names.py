"""Labels of trackers by their names: objects that describe a label, and ids of a board's labels. Pure Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

# Columns whose objects are labels where they hold what a tracker says of one, and nothing else.
_COLUMNS: Final = ("labels", "tags")
_OF_LABEL: Final = frozenset(
    {
        "id", "gid", "node_id", "nodeId", "name", "slug", "color", "text_color", "description", "default", "url",
        "idBoard", "uses", "resource_type", "exclusive", "is_archived",
    }
)  # fmt: skip


def with_names(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with the names of its labels, as GitHub's issues hold them; the row itself where it has none."""
    names: dict[str, Any] = {column: labels for column in _COLUMNS if column in row and (labels := _names(row[column]))}
    return {**row, **names} if names else row


def _names(cell: object) -> list[str]:
    """Return the names of the labels in a cell; none of objects that mean something else."""
    labels = cell if isinstance(cell, list) else []
    if not all(isinstance(each, dict) and "name" in each and each.keys() <= _OF_LABEL for each in labels):
        return []
    names = [_name(each) for each in labels]
    return names if all(names) else []


def _name(label: Mapping[str, Any]) -> str:
    """Return the name of a label; Trello's may have a colour alone."""
    name = label.get("name") or label.get("color")
    return name if isinstance(name, str) else ""


def names_by_id(board: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return names by id for each column of ids whose objects an export lists: `idLabels` by its `labels`."""
    lists = {f"id{key[:1].upper()}{key[1:]}": each for key, each in board.items() if isinstance(each, list)}
    return {column: _by_id(each) for column, each in lists.items()}


def _by_id(objects: list[Any]) -> dict[str, str]:
    described = (each for each in objects if isinstance(each, dict) and isinstance(each.get("id"), str))
    return {each["id"]: name for each in described if (name := _name(each))}


def with_names_of_ids(row: dict[str, Any], names: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Return a row whose lists of ids are names, where all of a list are known."""
    named = {
        column: [names[column][each] for each in cell]
        for column, cell in row.items()
        if column in names and isinstance(cell, list) and all(isinstance(each, str) for each in cell)
        if names[column].keys() >= set(cell)
    }
    return {**row, **named} if named else row
