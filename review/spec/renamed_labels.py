"""Labels that a version of a task renamed, and the values of a draft under their new names. Pure Python.

A rename replaces one label of a field while the others keep their places. Two changed labels of one field are ambiguous
and count as no rename.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from review.spec.schema import Label, OutputItem

# Old and new name by the path of the field, also of parts of objects and lists.
Renames = Mapping[tuple[str, ...], tuple[str, str]]


def renames(before: Sequence[OutputItem], after: Sequence[OutputItem], path: tuple[str, ...] = ()) -> Renames:
    """Return the renamed label of each field that exists in both versions with the same type."""
    former = {item.name: item for item in before}
    by_path: dict[tuple[str, ...], tuple[str, str]] = {}
    for item in after:
        earlier = former.get(item.name)
        if earlier is None or earlier.type != item.type:
            continue
        own = (*path, item.name)
        if pair := _renamed(earlier.labels, item.labels):
            by_path[own] = pair
        by_path |= renames(earlier.items, item.items, own)
    return by_path


def with_new_names(value: Any, renamed: Renames, path: tuple[str, ...] = ()) -> Any:
    """Return a value with new names in place of old ones."""
    if isinstance(value, dict):
        return {name: with_new_names(part, renamed, (*path, name)) for name, part in value.items()}
    if isinstance(value, list):
        return [with_new_names(part, renamed, path) for part in value]
    former, new = renamed.get(path, ("", ""))
    return new if former and value == former else value


def words(renamed: Renames) -> str:
    """Return a phrase that names each rename, such as `category “bug” is now “defect”`."""
    return ", ".join(f"{'.'.join(path)} “{former}” is now “{new}”" for path, (former, new) in renamed.items())


def _renamed(before: Sequence[Label], after: Sequence[Label]) -> tuple[str, str] | None:
    former, new = [label.name for label in before], [label.name for label in after]
    if len(former) != len(new):
        return None
    changed = [pair for pair in zip(former, new, strict=True) if pair[0] != pair[1]]
    if len(changed) != 1 or changed[0][0] in new or changed[0][1] in former:
        return None
    return changed[0]
