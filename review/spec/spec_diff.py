"""Differences between two versions of a specification, part by part and word by word, and labels that were renamed.

A rename replaces one label of a field while the others keep their places. Two changed labels of one field are ambiguous
and count as no rename.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile
from operator import eq
from typing import Any, Literal, NamedTuple

from review.spec.schema import Label, OutputItem
from review.spec.task_spec import TaskSpec

_TOKEN = re.compile(r"\s+|\w+|[^\w\s]")
# More take more than a second.
MOST_STEPS = 100_000
_LABELS = {
    "instruction": "Instruction",
    "offer": "Offer",
    "language": "Language",
    "input_schema": "Facts",
    "output_schema": "Written fields",
    "slots": "Slots",
    "checks": "Checks",
    "rubric": "Rubric",
    "reasons": "Reasons for rejection",
    "guideline": "Guideline",
    "guideline_examples": "Examples of the guideline",
    "personas": "Personas",
    "angles": "Angles",
    "record_noun": "Noun of a record",
    "record_noun_plural": "Noun of several records",
    "teacher_template": "Teacher template",
    "student_template": "Student template",
}


class WordChange(NamedTuple):
    kind: Literal["same", "added", "removed"]
    text: str


@dataclass(frozen=True)
class SpecChange:
    """Changed part.

    Attributes:
        label: Place of the part, as on pages: `Facts › company › description`.
        kind: `added`, `removed` or `changed`.
        segments: Text in same, added and removed stretches.
    """

    label: str
    kind: Literal["added", "removed", "changed"]
    segments: tuple[WordChange, ...]


def changes(old: TaskSpec, new: TaskSpec) -> list[SpecChange]:
    """Return every changed part in the order of the specification."""
    before, after = old.canonical(), new.canonical()
    return [change for key, label in _LABELS.items() for change in _compare(label, before.get(key), after.get(key))]


def word_diff(old: str, new: str) -> tuple[WordChange, ...]:
    """Compare two texts word by word, as same, removed and added stretches; long ones by their lines first."""
    words, cost = _stretches(_TOKEN.findall(old), _TOKEN.findall(new), MOST_STEPS)
    if cost <= MOST_STEPS:
        return tuple(words)
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    lines, cost = _stretches(before, after, MOST_STEPS, are_lines=True)
    segments, left = list[WordChange](), MOST_STEPS - cost
    for part in lines:
        if part.kind == "added" and segments and segments[-1].kind == "removed":
            removed = segments.pop().text
            words, cost = _stretches(_TOKEN.findall(removed), _TOKEN.findall(part.text), left)
            segments += words
            left -= cost if cost <= left else 0
        else:
            segments.append(part)
    return tuple(segments)


def _stretches(
    before: list[str], after: list[str], most_steps: int, *, are_lines: bool = False
) -> tuple[list[WordChange], int]:
    """Compare two lists of words or lines between their common ends; only whole where that takes too many steps.

    Returns:
        The stretches, and the steps: pairs of equal words, and a share of all pairs.
    """
    begin = sum(takewhile(bool, map(eq, before, after)))
    end = sum(takewhile(bool, map(eq, reversed(before[begin:]), reversed(after[begin:]))))
    head, before, tail = before[:begin], before[begin : len(before) - end], before[len(before) - end :]
    after = after[begin : len(after) - end]
    counts = Counter(after)
    steps = sum(counts[word] for word in before if not word.isspace()) + len(before) * len(after) // 200
    segments = [WordChange("same", "".join(head))]
    if steps <= most_steps:
        # Blanks hang on the words beside them: alone they are no match. Blank lines are one.
        matcher = SequenceMatcher(None if are_lines else str.isspace, before, after, autojunk=are_lines)
        opcodes = matcher.get_opcodes()
    else:
        opcodes = [("replace", 0, len(before), 0, len(after))]
    for tag, i, j, k, m in opcodes:
        if tag == "equal":
            segments.append(WordChange("same", "".join(before[i:j])))
        else:
            segments += [WordChange("removed", "".join(before[i:j])), WordChange("added", "".join(after[k:m]))]
    segments.append(WordChange("same", "".join(tail)))
    return [part for part in segments if part.text], steps


def _compare(label: str, old: object, new: object) -> Iterator[SpecChange]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from _compare(f"{label} › {_say(key)}", old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list) and _is_named(old + new):
        yield from _compare_named(label, old, new)
    else:
        before, after = _text(old), _text(new)
        kind: Literal["added", "removed", "changed"] = (
            "changed" if before and after else "added" if after else "removed"
        )
        yield SpecChange(label, kind, word_diff(before, after))


def _compare_named(label: str, old: list[Any], new: list[Any]) -> Iterator[SpecChange]:
    before, after = {_key(part): part for part in old}, {_key(part): part for part in new}
    for key, part in before.items():
        if key not in after:
            yield SpecChange(f"{label} › {key}", "removed", (WordChange("removed", _text(part)),))
    for key, part in after.items():
        if key not in before:
            yield SpecChange(f"{label} › {key}", "added", (WordChange("added", _text(part)),))
        else:
            yield from _compare(f"{label} › {key}", before[key], part)
    kept_before, kept_after = [key for key in before if key in after], [key for key in after if key in before]
    if kept_before != kept_after:
        yield SpecChange(f"{label} › order", "changed", word_diff(", ".join(kept_before), ", ".join(kept_after)))


def _is_named(parts: list[Any]) -> bool:
    return all(isinstance(part, dict) and _key(part) for part in parts)


def _key(part: Mapping[str, Any]) -> str:
    return str(part.get("name") or part.get("kind") or part.get("code") or "")


def _text(value: object) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "yes"
    if isinstance(value, dict):
        return "; ".join(f"{_say(key)}: {_text(part)}" for key, part in value.items() if _text(part))
    if isinstance(value, list):
        return "\n".join(_text(part) for part in value)
    return str(value)


def _say(key: str) -> str:
    return key.replace("_", " ")


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
